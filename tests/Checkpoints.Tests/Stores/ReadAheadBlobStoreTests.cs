namespace LisaOrleans.Checkpoints.Tests;

public sealed class ReadAheadBlobStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderBlobStore _inner;

    public ReadAheadBlobStoreTests() => _inner = new FolderBlobStore(_folder["store"]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ReadAsync_what_was_begun_goes_to_one_reader_and_the_next_asks_the_store()
    {
        var blob = await PutAsync();
        await using var store = new ReadAheadBlobStore(_inner);
        store.Begin(blob);
        store.Begin(blob);

        using var first = await store.ReadAsync(blob, Token);
        Assert.Equal([1, 2, 3], first.ToArray());

        File.Delete(PathOf(blob));
        await Assert.ThrowsAsync<BlobMissingException>(() => store.ReadAsync(blob, Token));
    }

    [Fact]
    public async Task ReadAsync_damaged_blob_that_was_begun_is_refused()
    {
        var blob = await PutAsync();
        await File.WriteAllBytesAsync(PathOf(blob), [1, 2, 4], Token);
        await using var store = new ReadAheadBlobStore(_inner);
        store.Begin(blob);
        await Assert.ThrowsAsync<BlobCorruptException>(() => store.ReadAsync(blob, Token));
    }

    private string PathOf(BlobRef blob) => Directory.EnumerateFiles(_folder["store"], blob.Sha256, SearchOption.AllDirectories).Single();

    private async Task<BlobRef> PutAsync()
    {
        var blob = new BytesBlob([1, 2, 3]);
        await _inner.PutAsync(blob, Token);
        return new BlobRef(blob.Sha256, blob.Length);
    }
}
