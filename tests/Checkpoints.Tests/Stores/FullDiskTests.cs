using System.Text;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>What frees space works where none is left: a small disk in memory, in a mount namespace of its own.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const string StoreVariable = "LISA_TEST_FULL_STORE";
    private const string Document = "runs/r/head.json";

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
            [
                .. disk.Within.Skip(1), Environment.ProcessPath!, "-noColor", "-explicit", "only",
                "-method", $"{typeof(FullDiskTests).FullName}.{nameof(Delete_on_a_full_disk_in_a_process_of_its_own)}",
            ],
            _folder["log"],
            new Dictionary<string, string> { [StoreVariable] = root });
        var code = await process.ExitAsync(TimeSpan.FromMinutes(1));
        Assert.True(code == 0, await File.ReadAllTextAsync(_folder["log"], Token));
    }

    /// <summary>What the process of the other test does.</summary>
    [Fact(Explicit = true)]
    public async Task Delete_on_a_full_disk_in_a_process_of_its_own()
    {
        var root = Environment.GetEnvironmentVariable(StoreVariable);
        Assert.NotNull(root);
        var store = new FolderBlobStore(root);
        var blob = new BytesBlob(Encoding.UTF8.GetBytes("abc"));
        await store.PutAsync(blob, Token);
        await store.PutDocumentAsync(Document, "0"u8.ToArray(), null, Token);

        // As a copied store has none.
        foreach (var left in Directory.GetFiles(root, "*" + SwapLock.Suffix, SearchOption.AllDirectories)) File.Delete(left);
        Fill(Path.Combine(root, "filler"));
        var refused = await Assert.ThrowsAnyAsync<IOException>(() => store.PutDocumentAsync("runs/r/other.json", "1"u8.ToArray(), null, Token));
        Assert.Contains("no space is left on the disk", StoreRefusal.Find(refused, root)!.Message, StringComparison.Ordinal);

        await store.DeleteDocumentAsync(Document, Token);
        Assert.Null(await store.GetDocumentAsync(Document, Token));
        await store.DeleteNowAsync(blob.Sha256);
        Assert.False(await store.ExistsAsync(blob.Sha256, Token));
        await store.DeleteUnfinishedAsync(TimeSpan.Zero, DateTimeOffset.UtcNow.AddMinutes(1), Token);
    }

    private static void Fill(string path)
    {
        using var filler = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) filler.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // It is full.
        }
    }
}
