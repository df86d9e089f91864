namespace LisaOrleans.Checkpoints.Tests;

/// <summary>What frees space works where none is left: a small disk in memory, in a mount namespace of its own.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Deletes_on_a_full_disk_work_without_the_locks_that_writes_leave()
    {
        var root = _folder["store"];
        await using var disk = await SmallDisk.MountAsync(root, "size=64k", _folder["disk.log"]);
        Assert.SkipWhen(disk is null, "this system lets nobody mount a small disk");
        await using var process = ServerProcess.Start(
            disk!.Within[0],
            [.. disk.Within.Skip(1), Program.File, DeletingProcess.Command, root],
            _folder["log"]);
        var code = await process.ExitAsync(TimeSpan.FromMinutes(1));
        Assert.True(code == 0, await File.ReadAllTextAsync(_folder["log"], Token));
    }
}
