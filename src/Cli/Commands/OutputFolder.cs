using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

internal static class OutputFolder
{
    private const string LockPrefix = ".lisa-train-";
    private const string LockSuffix = ".lock";

    // In no run's name.
    private const char Between = '@';

    /// <summary>
    /// Keeps a folder for one run of one store until it is disposed: two would write each other's logs and model. Who trains the same run is
    /// its lease's business.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="run">The run.</param>
    /// <param name="store">Its store, in which something was written for the run before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="UsageException">Another process trains another run into it.</exception>
    public static async Task<IDisposable?> HoldAsync(string path, string run, IBlobStore store, CancellationToken cancellationToken)
    {
        // Each process has a lock of its own, so that one that takes the run over still has one when the other has ended.
        var id = (await StoreFormat.EnsureAsync(store, cancellationToken)).Id;
        var held = TryLock(Path.Combine(path, $"{LockPrefix}{run}{Between}{id}{Between}{Guid.NewGuid():N}{LockSuffix}"));
        try
        {
            await CheckNotTrainedAsync(path, run, store, cancellationToken, held?.Name);
            return held;
        }
        catch
        {
            held?.Dispose();
            throw;
        }
    }

    /// <summary>Checks that no process trains a run into a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="UsageException">One does.</exception>
    public static void CheckNotTrained(string path)
    {
        foreach (var (run, _) in Trained(path, own: null)) throw IsTrained(path, run);
    }

    /// <summary>Checks that no process trains another run into a folder, or one of the same name in another store.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="run">The run.</param>
    /// <param name="store">Its store.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="own">The caller's own lock; null for none.</param>
    /// <exception cref="UsageException">One does.</exception>
    public static async Task CheckNotTrainedAsync(
        string path, string run, IBlobStore store, CancellationToken cancellationToken, string? own = null)
    {
        // Whoever holds a lock has written the id of its store before.
        foreach (var (trained, id) in Trained(path, own))
            if (trained != run || (await StoreFormat.ReadAsync(store, cancellationToken))?.Id != id) throw IsTrained(path, trained);
    }

    // The runs that are trained into the folder, with the ids of their stores. What a killed process has left is not locked, and goes with this.
    private static IReadOnlyList<(string Run, string? Store)> Trained(string path, string? own)
    {
        var trained = new List<(string, string?)>();
        foreach (var other in Directory.EnumerateFiles(path, $"{LockPrefix}*{LockSuffix}").Where(f => f != own))
        {
            using var free = TryLock(other);
            if (free is not null) continue;
            var words = Path.GetFileName(other)[LockPrefix.Length..^LockSuffix.Length].Split(Between);
            trained.Add((words[0], words.ElementAtOrDefault(1)));
        }

        return trained;
    }

    private static UsageException IsTrained(string path, string run) =>
        new($"--output: run '{run}' is being trained into {path}; name another folder");

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (StoreRefusal.Find(e, path) is null)
        {
            return null;
        }
    }

    /// <summary>Whether it is a folder that is read as well, by that path or through links.</summary>
    public static bool Is(string path, string read) => RealPath(path) == RealPath(read);

    private static string RealPath(string path)
    {
        var whole = Path.TrimEndingDirectorySeparator(path);
        if (Path.GetDirectoryName(whole) is not { } parent) return whole;
        var real = Path.Combine(RealPath(parent), Path.GetFileName(whole));
        try
        {
            return Directory.ResolveLinkTarget(real, returnFinalTarget: true) is { } target ? RealPath(target.FullName) : real;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing is there, this user may not look, or links in a circle: opening it says so.
            return real;
        }
    }

    /// <summary>Makes the folder and makes sure that it can be written to, before any work is done.</summary>
    public static string Prepare(string path)
    {
        for (var above = path; above is not null; above = Path.GetDirectoryName(above))
        {
            if (!File.Exists(above)) continue;
            throw new UsageException($"--output: {above} is a file; a folder is needed{(above == path ? "" : $" for {path}")}");
        }

        try
        {
            Directory.CreateDirectory(path);
            var probe = Path.Combine(path, $".write-{Guid.NewGuid():N}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--output: {StoreRefusal.Find(e, path)?.Message ?? $"{path} cannot be written to: {e.Message}"}");
        }
    }

    /// <summary>Writes what a complete run has come to: its model and its logs.</summary>
    /// <returns>The run's steps, and for how many seconds it was worked on.</returns>
    /// <exception cref="StoreRefusedException">The folder takes no more.</exception>
    public static async Task<(IReadOnlyList<StepRecord> History, double Seconds)> WriteAsync(IBlobStore store, string run, string path)
    {
        try
        {
            await RunExporter.ExportAsync(store, run, path, CancellationToken.None);
            var history = await RunExporter.ReadHistoryAsync(store, run, CancellationToken.None);
            using var logs = new RunLogs(path);
            await logs.RewriteAsync(history, await RunLogs.ReadJournalAsync(store, run, CancellationToken.None), CancellationToken.None);
            return (history, logs.Pace.Elapsed);
        }
        catch (Exception e) when (e is not DamagedBlobException && StoreRefusal.Find(e, path) is { } refusal)
        {
            throw new StoreRefusedException(
                $"{refusal.Message}; run '{run}' is complete in {store.Location}, and the same command then writes its model", e);
        }
    }
}
