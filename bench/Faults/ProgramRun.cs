using System.Collections.Concurrent;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>A command of the program, and what it has said so far.</summary>
internal sealed class ProgramRun : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly ConcurrentQueue<string> _lines;

    private ProgramRun(ServerProcess process, ConcurrentQueue<string> lines) => (Process, _lines) = (process, lines);

    public ServerProcess Process { get; }

    /// <summary>What it said, on both of its outputs.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>The lines that tell people to put something right.</summary>
    public IReadOnlyList<string> Complaints => [.. _lines.Where(l => l.StartsWith("lisa: ", StringComparison.Ordinal))];

    /// <param name="log">Where its output is kept.</param>
    /// <param name="arguments">The command.</param>
    /// <param name="within">A program that it is started by, with its arguments; null for none.</param>
    /// <param name="environment">Variables that it gets; null for none.</param>
    public static ProgramRun Start(
        string log, IEnumerable<string> arguments, IReadOnlyList<string>? within = null, IReadOnlyDictionary<string, string>? environment = null)
    {

        // Whatever the benchmark runs under, the program hears all signals.
        string[] command = [.. within ?? [], "env", "--default-signal=INT,QUIT,HUP", Executables.Lisa, .. arguments];
        var lines = new ConcurrentQueue<string>();
        return new ProgramRun(ServerProcess.Start(command[0], command[1..], log, environment, lines.Enqueue), lines);
    }

    /// <summary>Waits for a line.</summary>
    /// <exception cref="InvalidOperationException">It ended before it said so.</exception>
    public async Task UntilAsync(Func<string, bool> said)
    {
        using var time = new CancellationTokenSource(s_patience);
        while (!_lines.Any(said))
        {
            if (Process.HasExited) throw new InvalidOperationException($"it ended early: {string.Join(Environment.NewLine, _lines.TakeLast(5))}");
            await Task.Delay(2, time.Token);
        }
    }

    /// <summary>Waits for its end and returns its exit code.</summary>
    public Task<int> EndAsync() => Process.ExitAsync(s_patience);

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
