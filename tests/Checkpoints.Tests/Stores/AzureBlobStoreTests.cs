using Azure.Storage.Blobs;

namespace LisaOrleans.Checkpoints.Tests;

public sealed class AzureBlobStoreTests(AzuriteFixture fixture)
{
    private readonly AzureFaults _faults = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Documented for If-None-Match: 409 or 412.
    [Theory]
    [InlineData(409, "BlobAlreadyExists")]
    [InlineData(412, "ConditionNotMet")]
    [InlineData(412, "TargetConditionNotMet")]
    public async Task PutAsync_somebody_else_wrote_the_blob_first_that_one_counts(int status, string code)
    {
        var (store, container) = await StoreAsync();
        var blob = new BytesBlob([1]);
        _faults.Before = async (request, _) =>
        {
            if (request.Method != HttpMethod.Put) return null;
            await new AzureBlobStore(container).PutAsync(blob, Token);
            return AzureFaults.Error(status, code);
        };
        Assert.False(await store.PutAsync(blob, Token));
    }

    // A proxy, or a service in trouble, may wrongly say so. A manifest would then name a blob that nobody has.
    [Theory]
    [InlineData(409, "BlobAlreadyExists")]
    [InlineData(412, "ConditionNotMet")]
    public async Task PutAsync_blob_said_to_exist_and_missing_is_a_transient_error(int status, string code)
    {
        var (store, container) = await StoreAsync();
        var blob = new BytesBlob([1]);
        var refused = 0;
        _faults.Before = (request, _) => Task.FromResult(request.Method == HttpMethod.Put && refused++ < 2 ? AzureFaults.Error(status, code) : null);
        var e = await Assert.ThrowsAsync<IOException>(() => store.PutAsync(blob, Token));
        Assert.Contains(blob.Sha256, e.Message, StringComparison.Ordinal);

        var resilient = new ResilientBlobStore(store, new ResilienceOptions { FirstDelay = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);
        Assert.True(await resilient.PutAsync(blob, Token));
        Assert.Equal(3, refused);
        (await new AzureBlobStore(container).ReadAsync(new BlobRef(blob.Sha256, 1), Token)).Dispose();
    }

    [Fact]
    public async Task PutAsync_byte_that_flips_on_the_way_is_not_stored()
    {
        var (store, container) = await StoreAsync();
        var blob = new BytesBlob(new byte[10_000]);
        var puts = _faults.FlipByteOfFirstPut(5000, Token);
        var resilient = new ResilientBlobStore(store, new ResilienceOptions { FirstDelay = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);
        Assert.True(await resilient.PutAsync(blob, Token));
        Assert.Equal(2, puts());
        (await new AzureBlobStore(container).ReadAsync(new BlobRef(blob.Sha256, 10_000), Token)).Dispose();
    }

    [Fact]
    public async Task ListDocumentsAsync_names_that_no_document_has_are_passed_over()
    {
        var (store, container) = await StoreAsync();
        foreach (var name in (string[])["notes/my file.json", ".hidden/a.json"])
            await container.GetBlobClient(name).UploadAsync(BinaryData.FromString("{"), Token);
        await store.PutDocumentAsync("files/f.json", "{}"u8.ToArray(), null, Token);
        Assert.Equal(["files/f.json"], await store.ListDocumentsAsync("", Token).ToListAsync(Token));
        Assert.Equal(0, (await GarbageCollector.CollectAsync(store, TimeSpan.Zero, TimeProvider.System, Token)).Deleted);
    }

    [Fact]
    public async Task PutAsync_blob_collected_while_it_is_renewed_is_written()
    {
        var (store, container) = await StoreAsync();
        var blob = new BytesBlob([1, 2, 3]);
        await store.PutAsync(blob, Token);
        _faults.Before = async (request, _) =>
        {
            if (request.RequestUri!.Query.Contains("comp=metadata", StringComparison.Ordinal))
                await new AzureBlobStore(container).DeleteNowAsync(blob.Sha256);
            return null;
        };
        Assert.True(await store.PutAsync(blob, Token));
        (await store.ReadAsync(new BlobRef(blob.Sha256, 3), Token)).Dispose();
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("runs//x")]
    [InlineData("runs/../../x")]
    [InlineData("runs/.hidden")]
    [InlineData("runs/a b")]
    [InlineData("x?comp=acl")]
    public async Task PutDocumentAsync_path_out_of_the_container_is_refused(string path)
    {
        var (store, _) = await StoreAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => store.PutDocumentAsync(path, default, null, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => store.GetDocumentAsync(path, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => store.DeleteDocumentAsync(path, Token));
        Assert.Equal(0, _faults.Requests);
    }

    private async Task<(AzureBlobStore Store, BlobContainerClient Direct)> StoreAsync()
    {
        var (azurite, name) = await fixture.RequireAsync();
        var direct = new BlobContainerClient(azurite.ConnectionString, name, AzureFaults.Options());
        await direct.CreateAsync(cancellationToken: Token);
        return (new AzureBlobStore(new BlobContainerClient(azurite.ConnectionString, name, AzureFaults.Options(_faults))), direct);
    }
}
