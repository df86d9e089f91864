using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

internal static class OutputFolder
{
    private const string LockPrefix = ".lisa-train-";
    private const string LockSuffix = ".lock";

    /// <summary>
    /// Keeps a folder for one run until it is disposed: two would write each other's logs and model. Who trains the same run is its lease's
    /// business.
    /// </summary>
    /// <exception cref="UsageException">Another process trains another run into it.</exception>
    public static IDisposable? Hold(string path, string run)
    {
        var held = TryLock(LockOf(path, run));
        try
        {
            CheckNotTrained(path, run);
            return held;
        }
        catch (UsageException)
        {
            held?.Dispose();
            throw;
        }
    }

    /// <summary>Checks that no process trains a run into a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="but">A run that may.</param>
    /// <exception cref="UsageException">One does.</exception>
    public static void CheckNotTrained(string path, string? but = null)
    {
        var own = but is null ? null : LockOf(path, but);
        foreach (var other in Directory.EnumerateFiles(path, $"{LockPrefix}*{LockSuffix}").Where(f => f != own))
        {
            // What a killed process has left is not locked, and goes with this.
            using var free = TryLock(other);
            var run = Path.GetFileName(other)[LockPrefix.Length..^LockSuffix.Length];
            if (free is null) throw new UsageException($"--output: run '{run}' is being trained into {path}; name another folder");
        }
    }

    private static string LockOf(string path, string run) => Path.Combine(path, $"{LockPrefix}{run}{LockSuffix}");

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
    /// <returns>The run's steps.</returns>
    /// <exception cref="StoreRefusedException">The folder takes no more.</exception>
    public static async Task<IReadOnlyList<StepRecord>> WriteAsync(IBlobStore store, string run, string path)
    {
        try
        {
            await RunExporter.ExportAsync(store, run, path, CancellationToken.None);
            var history = await RunExporter.ReadHistoryAsync(store, run, CancellationToken.None);
            using var logs = new RunLogs(path, null);
            await logs.RewriteAsync(history, CancellationToken.None);
            return history;
        }
        catch (Exception e) when (e is not DamagedBlobException && StoreRefusal.Find(e, path) is { } refusal)
        {
            throw new StoreRefusedException(
                $"{refusal.Message}; run '{run}' is complete in {store.Location}, and the same command then writes its model", e);
        }
    }
}
