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
    public async Task A_blob_that_somebody_else_wrote_first_is_as_good(int status, string code)
    {
        var (store, _) = await StoreAsync();
        _faults.Before = (request, _) => Task.FromResult(request.Method == HttpMethod.Put ? AzureFaults.Error(status, code) : null);
        Assert.False(await store.PutAsync(new BytesBlob([1]), Token));
    }

    [Fact]
    public async Task A_blob_that_is_collected_while_it_is_written_again_is_written()
    {
        var (store, container) = await StoreAsync();
        var blob = new BytesBlob([1, 2, 3]);
        await store.PutAsync(blob, Token);
        _faults.Before = async (request, _) =>
        {
            if (request.RequestUri!.Query.Contains("comp=metadata", StringComparison.Ordinal)) await new AzureBlobStore(container).DeleteAsync(blob.Sha256, Token);
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
    public async Task Paths_do_not_leave_the_container(string path)
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
