namespace LisaOrleans.Checkpoints.Tests;

public sealed class ScratchFolderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Create_removes_what_dead_processes_left_and_spares_what_is_held()
    {
        string left, path;
        using (var first = ScratchFolder.Create())
        {
            // As a process that was killed leaves it: there, and held by nobody.
            left = Path.Combine(Path.GetDirectoryName(first.Path)!, Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(Path.Combine(left, "blobs"));
            File.WriteAllText(Path.Combine(left, "blobs", "b"), "x");
            path = first.Path;
            File.WriteAllText(Path.Combine(path, "own"), "x");
            using var second = ScratchFolder.Create();
            Assert.False(Directory.Exists(left));
            Assert.True(File.Exists(Path.Combine(path, "own")));
            Assert.NotEqual(path, second.Path);
        }

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task LayeredBlobStore_reads_below_and_writes_only_on_top()
    {
        using var folder = new TempFolder();
        var (below, top) = (new FolderBlobStore(folder["below"]), new FolderBlobStore(folder["top"]));
        var run = await TestRun.AcquireAsync(below);
        await run.CommitAsync(await TestRun.ManifestAsync(below, 1), Token);
        var before = Files(folder["below"]);

        var layered = new LayeredBlobStore(below, top);
        Assert.Null(await RunStore.ReadHeadAsync(layered, "r", Token));
        var own = await TestRun.AcquireAsync(layered);
        await own.CommitAsync(run.Manifest!, Token);
        await own.CommitAsync(await TestRun.ManifestAsync(layered, 2), Token);
        await TestRun.AssertLoadableAsync(layered, 2);
        await GarbageCollector.CollectAsync(layered, TimeSpan.Zero, TimeProvider.System, Token);
        await TestRun.AssertLoadableAsync(below, 1);
        Assert.Equal(before, Files(folder["below"]));

        // What is written is there whatever becomes of the same below.
        var blob = new BytesBlob([1, 2, 3]);
        await below.PutAsync(blob, Token);
        Assert.False(await new LayeredBlobStore(below, top, new HashSet<string> { blob.Sha256 }).PutAsync(blob, Token));
        Assert.True(await layered.PutAsync(blob, Token));
        Directory.Delete(folder["below"], recursive: true);
        (await layered.ReadAsync(new BlobRef(blob.Sha256, blob.Length), Token)).Dispose();

        static string[] Files(string root) =>
            [.. Directory.GetFiles(root, "*", SearchOption.AllDirectories).Order().Select(f => $"{f} {File.GetLastWriteTimeUtc(f).Ticks}")];
    }
}
