namespace LisaOrleans.Checkpoints.Tests;

/// <summary>Collections that freeze or die between taking a blob away and deleting it, while others use the blob.</summary>
public sealed class TakenBlobTests : IDisposable
{
    private static readonly BytesBlob s_blob = new([1, 2, 3]);
    private static readonly BlobRef s_named = new(s_blob.Sha256, s_blob.Length);

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FolderBlobStore Store => new(_folder["store"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task DeleteAsync_blob_that_is_used_meanwhile_stays()
    {
        (string Name, Func<Task> Use)[] uses =
        [
            ("renewed", async () => Assert.True(await Store.RenewAsync(s_named, Token))),
            ("written", async () => Assert.False(await Store.PutAsync(s_blob, Token))),
            ("read", async () => (await Store.ReadAsync(s_named, Token)).Dispose()),
            ("begun to be read", async () => Assert.Equal([1], await Store.ReadStartAsync(s_named, 1, Token))),
            ("looked for", async () => Assert.True(await Store.ExistsAsync(s_named.Sha256, Token))),
            ("collected by another", () => Store.DeleteUnfinishedAsync(TimeSpan.Zero, DateTimeOffset.UtcNow, Token)),
        ];
        foreach (var (name, use) in uses)
        {
            await Store.PutAsync(s_blob, Token);
            var listed = await Store.ListAsync(Token).SingleAsync(Token);
            var used = false;
            WriteBoundary.Observer = (boundary, _) =>
            {
                if (boundary != "taken" || used) return;
                used = true;
                use().GetAwaiter().GetResult();
            };
            Assert.False(await Store.DeleteAsync(listed, Token), name);
            WriteBoundary.Observer = null;
            Assert.True(used, name);
            (await Store.ReadAsync(s_named, Token)).Dispose();
            var files = Directory.GetFiles(_folder["store"], "*", SearchOption.AllDirectories);
            Assert.Single(files, f => !f.EndsWith(".lock", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task DeleteAsync_blob_made_new_while_it_was_taken_away_is_put_back()
    {
        await Store.PutAsync(s_blob, Token);
        var listed = await Store.ListAsync(Token).SingleAsync(Token);
        WriteBoundary.Observer = (boundary, path) =>
        {
            // As if it had been made new just before.
            if (boundary != "taken") return;
            File.SetLastWriteTimeUtc(Directory.GetFiles(Path.GetDirectoryName(path)!).Single(), DateTime.UtcNow.AddSeconds(1));
        };
        Assert.False(await Store.DeleteAsync(listed, Token));
        WriteBoundary.Observer = null;
        Assert.True(File.Exists(Path.Combine(_folder["store"], "blobs", s_named.Sha256[..2], s_named.Sha256)));
    }

    [Fact]
    public async Task DeleteAsync_process_that_dies_with_a_blob_taken_away_loses_nothing()
    {
        await Store.PutAsync(s_blob, Token);
        var listed = await Store.ListAsync(Token).SingleAsync(Token);
        WriteBoundary.Observer = (boundary, _) =>
        {
            if (boundary == "taken") throw new SimulatedCrashException();
        };
        await Assert.ThrowsAsync<SimulatedCrashException>(() => Store.DeleteAsync(listed, Token));
        WriteBoundary.Observer = null;
        Assert.Empty(await Store.ListAsync(Token).ToListAsync(Token));

        await Store.DeleteUnfinishedAsync(TimeSpan.Zero, DateTimeOffset.UtcNow.AddDays(1), Token);

        listed = await Store.ListAsync(Token).SingleAsync(Token);
        Assert.Equal(s_named.Sha256, listed.Sha256);
        Assert.True(await Store.DeleteAsync(listed, Token));
        await Assert.ThrowsAsync<BlobMissingException>(() => Store.ReadAsync(s_named, Token));
    }
}
