using Azure.Storage.Blobs;

namespace LisaOrleans.Checkpoints.Tests;

public sealed class AzureBlobStoreContractTests(AzuriteFixture fixture) : BlobStoreContract
{
    protected override async Task<StoreUnderTest> CreateAsync()
    {
        var (azurite, name) = await fixture.RequireAsync();
        var container = new BlobContainerClient(azurite.ConnectionString, name, AzureFaults.Options());
        await new AzureBlobStore(container).CreateIfNotExistsAsync(TestContext.Current.CancellationToken);
        return new StoreUnderTest(
            () => new AzureBlobStore(new BlobContainerClient(azurite.ConnectionString, name, AzureFaults.Options())), DamageAsync, () => { });

        async Task DamageAsync(string sha256, Func<byte[], byte[]> change)
        {
            var blob = container.GetBlobClient($"blobs/{sha256[..2]}/{sha256}");
            var bytes = (await blob.DownloadContentAsync()).Value.Content.ToArray();
            await blob.UploadAsync(BinaryData.FromBytes(change(bytes)), overwrite: true);
        }
    }
}
