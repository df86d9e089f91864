using System.Text;

namespace LisaOrleans.Checkpoints.Tests;

public sealed class FolderBlobStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_blob_is_written_once_and_read_back()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var blob = new BytesBlob(Encoding.UTF8.GetBytes("abc"));
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", blob.Sha256);

        Assert.True(await store.PutAsync(blob, Token));
        Assert.False(await store.PutAsync(blob, Token));
        using var content = await store.ReadAsync(new BlobRef(blob.Sha256, 3), Token);
        Assert.Equal("abc", Encoding.UTF8.GetString(content.ToArray()));
    }

    [Fact]
    public async Task A_flipped_bit_and_a_missing_blob_are_found_when_read()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var blob = new BytesBlob(new byte[1000]);
        await store.PutAsync(blob, Token);
        var file = Directory.EnumerateFiles(folder.Root, blob.Sha256, SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(file);
        bytes[500] ^= 1;
        File.WriteAllBytes(file, bytes);

        await Assert.ThrowsAsync<BlobCorruptException>(() => store.ReadAsync(new BlobRef(blob.Sha256, 1000), Token));
        await store.DeleteAsync(blob.Sha256, Token);
        await Assert.ThrowsAsync<BlobMissingException>(() => store.ReadAsync(new BlobRef(blob.Sha256, 1000), Token));
    }

    [Fact]
    public async Task A_document_changes_only_from_the_version_that_was_read()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var first = await store.PutDocumentAsync("runs/a/head.json", new byte[] { 1 }, null, Token);
        await Assert.ThrowsAsync<ETagMismatchException>(() => store.PutDocumentAsync("runs/a/head.json", new byte[] { 2 }, null, Token));
        var second = await store.PutDocumentAsync("runs/a/head.json", new byte[] { 2 }, first, Token);
        await Assert.ThrowsAsync<ETagMismatchException>(() => store.PutDocumentAsync("runs/a/head.json", new byte[] { 3 }, first, Token));

        var document = await store.GetDocumentAsync("runs/a/head.json", Token);
        Assert.Equal((2, second), (Assert.Single(document!.Content), document.ETag));
        Assert.Equal(["runs/a/head.json"], await store.ListDocumentsAsync("runs/", Token).ToListAsync(Token));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/passwd")]
    [InlineData("runs//x")]
    [InlineData("runs/../../x")]
    [InlineData("runs/.hidden")]
    [InlineData("runs/a b")]
    public async Task Paths_do_not_leave_the_store(string path)
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder["store"]);
        await Assert.ThrowsAsync<ArgumentException>(() => store.PutDocumentAsync(path, default, null, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => store.GetDocumentAsync(path, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => store.ExistsAsync(path, Token));
    }

    [Fact]
    public async Task Of_many_who_swap_one_version_exactly_one_wins()
    {
        using var folder = new TempFolder();
        var etag = await new FolderBlobStore(folder.Root).PutDocumentAsync("d", new byte[] { 0 }, null, Token);
        for (byte round = 0; round < 5; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                try
                {
                    return await new FolderBlobStore(folder.Root).PutDocumentAsync("d", new byte[] { round, (byte)i }, etag, Token);
                }
                catch (ETagMismatchException)
                {
                    return null;
                }
            })));
            etag = Assert.Single(results, r => r is not null);
        }
    }
}
