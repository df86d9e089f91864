using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>Keys and signatures are never in what a store says about itself, nor in anything it throws.</summary>
public sealed class StoreSecretsTests(AzuriteFixture fixture)
{
    // Well-formed, but of no account.
    private const string WrongKey = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldC1zZWNyZXQtIQ==";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + WrongKey + "!!not-base64;EndpointSuffix=core.windows.net")]
    [InlineData("AccountName=a;AccountKey=" + WrongKey)]
    [InlineData("AccountKey=" + WrongKey + ";BlobEndpoint=::no address::")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + WrongKey + ";;=x")]
    [InlineData("BlobEndpoint=https://a.example.org/;SharedAccessSignature=" + WrongKey + ";AccountName=" + WrongKey + ";AccountKey=?")]
    [InlineData("https://?sig=" + WrongKey)]
    [InlineData("https://a.blob.core.windows.net/?sig=" + WrongKey)]
    public async Task OpenAsync_wrong_location_is_not_repeated(string location)
    {
        var e = await Assert.ThrowsAsync<StoreLocationException>(() => BlobStores.OpenAsync(location, Token));
        Assert.DoesNotContain(WrongKey, e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_refused_key_is_not_repeated()
    {
        var (azurite, name) = await fixture.RequireAsync();
        var wrong = AzuriteServer.ConnectionString(azurite.Port, WrongKey);
        var e = await Assert.ThrowsAsync<StoreLocationException>(() => BlobStores.OpenAsync(wrong, Token));
        Assert.Contains($"127.0.0.1:{azurite.Port}", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(WrongKey, e.ToString(), StringComparison.Ordinal);

        // The service's own answer, as it comes out of a store that was open already.
        var store = new AzureBlobStore(new BlobContainerClient(wrong, name, AzureFaults.Options()));
        var answer = await Assert.ThrowsAsync<RequestFailedException>(() => store.PutDocumentAsync("d", default, null, Token));
        Assert.Equal(403, answer.Status);
        Assert.DoesNotContain(WrongKey, answer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_later_failures_do_not_tell_the_key()
    {
        var (azurite, _) = await fixture.RequireAsync();
        var store = await BlobStores.OpenAsync(azurite.ConnectionString, Token);
        Assert.DoesNotContain(AzuriteServer.Key, store.Location, StringComparison.Ordinal);
        await AssertSilentAsync(store, AzuriteServer.Key);
    }

    [Fact]
    public async Task OpenAsync_container_address_with_a_signature_works_and_the_signature_is_not_told()
    {
        var (azurite, name) = await fixture.RequireAsync();
        var container = new BlobContainerClient(azurite.ConnectionString, name, AzureFaults.Options());
        await container.CreateAsync(cancellationToken: Token);
        var address = container.GenerateSasUri(BlobContainerSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1));
        var signature = System.Web.HttpUtility.ParseQueryString(address.Query)["sig"]!;

        var store = await BlobStores.OpenAsync(address.AbsoluteUri, Token);

        Assert.True(await store.PutAsync(new BytesBlob([1]), Token));
        Assert.Equal(container.Uri.AbsoluteUri, store.Location);
        await AssertSilentAsync(store, signature, Uri.EscapeDataString(signature));
    }

    [Fact]
    public async Task OpenAsync_signature_for_a_missing_container_is_refused_at_once()
    {
        var (azurite, name) = await fixture.RequireAsync();
        var container = new BlobContainerClient(azurite.ConnectionString, name, AzureFaults.Options());
        var address = container.GenerateSasUri(BlobContainerSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1));
        var e = await Assert.ThrowsAsync<StoreLocationException>(() => BlobStores.OpenAsync(address.AbsoluteUri, Token));
        Assert.DoesNotContain("sig=", e.ToString(), StringComparison.Ordinal);
    }

    private static async Task AssertSilentAsync(IBlobStore store, params string[] secrets)
    {
        var missing = new BlobRef(new BytesBlob(Guid.NewGuid().ToByteArray()).Sha256, 1);
        var path = $"d-{Guid.NewGuid():N}";
        await store.PutDocumentAsync(path, default, null, Token);
        Func<Task>[] calls =
        [
            () => store.ReadAsync(missing, Token),
            () => store.PutDocumentAsync(path, default, null, Token),
            () => store.PutDocumentAsync(path, default, "\"0x1\"", Token),
            () => store.RenewAsync(new BlobRef("x", 1), Token),
            () => store.GetDocumentAsync("../x", Token),
        ];
        foreach (var call in calls)
        {
            var e = await Assert.ThrowsAnyAsync<Exception>(call);
            Assert.All(secrets, s => Assert.DoesNotContain(s, e.ToString(), StringComparison.Ordinal));
        }
    }
}
