using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>This test program once more, as a process that adds one to a document by swaps, and may freeze (SIGSTOP) amid one.</summary>
internal static partial class AddingProcess
{
    /// <summary>The first argument by which it is started.</summary>
    public const string Command = "add-one";

    /// <summary>The document; it holds a number.</summary>
    public const string Document = "runs/r/head.json";

    private const int Stop = 19;

    /// <summary>Starts one.</summary>
    /// <param name="store">The store's folder. The process writes beside it, to <c>refused</c>, how often the store refused.</param>
    /// <param name="count">How often it adds one.</param>
    /// <param name="stop">The boundary (<see cref="WriteBoundary"/>) at which it freezes, and at which time it comes there; empty for never.</param>
    /// <param name="log">Gets what it says.</param>
    public static ServerProcess Start(string store, int count, string stop, string log) =>
        ServerProcess.Start(Program.File, [Command, store, Text(count), .. stop.Split(' ', StringSplitOptions.RemoveEmptyEntries)], log);

    /// <summary>What the process does.</summary>
    /// <param name="arguments">Those by which <see cref="Start"/> started it.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var (root, count) = (arguments[1], int.Parse(arguments[2], CultureInfo.InvariantCulture));
        if (arguments is [_, _, _, var boundary, var times])
        {
            var left = int.Parse(times, CultureInfo.InvariantCulture);
            WriteBoundary.Observer = (reached, path) =>
            {
                if (reached == boundary && path.EndsWith("head.json", StringComparison.Ordinal) && --left == 0) Freeze();
            };
        }

        var refused = 0;
        for (var left = count; left > 0; left--) refused += await AddOneAsync(new FolderBlobStore(root), CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(root, "..", "refused"), Text(refused));
        return 0;
    }

    /// <summary>Adds one; returns how often the store refused, because another process was quicker.</summary>
    public static async Task<int> AddOneAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        for (var refused = 0; ; refused++)
        {
            var found = (await store.GetDocumentAsync(Document, cancellationToken))!;
            try
            {
                await store.PutDocumentAsync(Document, Encoding.ASCII.GetBytes(Text(Value(found) + 1)), found.ETag, cancellationToken);
                return refused;
            }
            catch (ETagMismatchException)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>The number in the document.</summary>
    public static int Value(StoreDocument document) => int.Parse(Encoding.ASCII.GetString(document.Content), CultureInfo.InvariantCulture);

    // The system stops threads a moment after it was asked to: this one goes no further before the process has been woken.
    private static void Freeze()
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException();
        using var woken = new ManualResetEventSlim();
        using var registration = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => woken.Set());
        if (SendSignal(Environment.ProcessId, Stop) != 0) throw new InvalidOperationException("SIGSTOP was not sent");
        woken.Wait();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
