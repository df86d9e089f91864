namespace LisaOrleans.Tests;

/// <summary>
/// A small disk in memory. It is mounted in a mount namespace of its own, so nobody but the programs that are started on it
/// sees it; what is on it stays until this is disposed of.
/// </summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const string Mount = """mount -t tmpfs -o "$1" none "$0" && echo mounted && exec sleep infinity""";

    private readonly ServerProcess _holder;
    private readonly string _folder;

    private SmallDisk(ServerProcess holder, string folder) => (_holder, _folder) = (holder, folder);

    /// <summary>What a program and its arguments are put after, for it to see the disk.</summary>
    public IReadOnlyList<string> Within => ["nsenter", "--target", $"{_holder.Id}", "--user", "--mount", "--preserve-credentials"];

    /// <summary>Mounts it.</summary>
    /// <param name="folder">Where; made if it is not there.</param>
    /// <param name="options">Those of tmpfs: <c>size=48k</c>.</param>
    /// <param name="logFile">Where mount's own messages go.</param>
    /// <returns>Null where the system lets nobody mount anything.</returns>
    public static async Task<SmallDisk?> MountAsync(string folder, string options, string logFile)
    {
        Directory.CreateDirectory(folder);
        var mounted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var holder = ServerProcess.Start(
            "unshare", ["--map-root-user", "--mount", "sh", "-c", Mount, folder, options], logFile, heard: line =>
            {
                if (line == "mounted") mounted.TrySetResult();
            });
        var ended = holder.ExitAsync(Timeout.InfiniteTimeSpan);
        if (await Task.WhenAny(mounted.Task, ended) == mounted.Task) return new SmallDisk(holder, folder);
        await holder.DisposeAsync();
        return null;
    }

    /// <summary>Changes its options: <c>size=64m</c>, <c>ro</c>, <c>rw</c>.</summary>
    /// <returns>Whether that was possible: it is not made read-only while a file on it is being written.</returns>
    public async Task<bool> RemountAsync(string options, string logFile)
    {
        await using var mount = ServerProcess.Start(
            Within[0], [.. Within.Skip(1), "mount", "-o", $"remount,{options}", _folder], logFile);
        return await mount.ExitAsync(TimeSpan.FromMinutes(1)) == 0;
    }

    /// <summary>A path on it, as others reach it.</summary>
    public string PathOf(string path) => $"/proc/{_holder.Id}/root{path}";

    public ValueTask DisposeAsync() => _holder.DisposeAsync();
}
