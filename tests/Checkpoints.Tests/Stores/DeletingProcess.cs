using System.Text;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>This test program once more, as a process whose store lies on a small disk, which it fills and frees.</summary>
internal static class DeletingProcess
{
    /// <summary>The first argument by which it is started; the store's folder follows.</summary>
    public const string Command = "delete-on-full-disk";

    private const string Document = "runs/r/head.json";

    /// <summary>What the process does; it fails with what did not hold.</summary>
    /// <param name="root">The store's folder.</param>
    public static async Task<int> RunAsync(string root)
    {
        var (store, token) = (new FolderBlobStore(root), CancellationToken.None);
        var blob = new BytesBlob(Encoding.UTF8.GetBytes("abc"));
        await store.PutAsync(blob, token);
        await store.PutDocumentAsync(Document, "0"u8.ToArray(), null, token);

        // As a copied store has none.
        foreach (var left in Directory.GetFiles(root, "*" + SwapLock.Suffix, SearchOption.AllDirectories)) File.Delete(left);
        Fill(Path.Combine(root, "filler"));
        var refused = await Assert.ThrowsAnyAsync<IOException>(() => store.PutDocumentAsync("runs/r/other.json", "1"u8.ToArray(), null, token));
        Assert.Contains("no space is left on the disk", StoreRefusal.Find(refused, root)!.Message, StringComparison.Ordinal);

        await store.DeleteDocumentAsync(Document, token);
        Assert.Null(await store.GetDocumentAsync(Document, token));
        await store.DeleteNowAsync(blob.Sha256);
        Assert.False(await store.ExistsAsync(blob.Sha256, token));
        await store.DeleteUnfinishedAsync(TimeSpan.Zero, DateTimeOffset.UtcNow.AddMinutes(1), token);
        return 0;
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
