namespace LisaOrleans.Checkpoints.Tests;

public sealed class S3BlobStoreContractTests(RadosFixture fixture) : BlobStoreContract
{
    protected override async Task<StoreUnderTest> CreateAsync()
    {
        var (endpoint, location) = await fixture.RequireAsync();
        var bucket = new S3Bucket(RadosFixture.Client(endpoint), location, TimeProvider.System);

        // Ceph answers some of those who write a document at the same time with 500, and leaves it as it is.
        var options = new ResilienceOptions { FirstDelay = TimeSpan.FromMilliseconds(5), LongestDelay = TimeSpan.FromMilliseconds(20) };
        return new StoreUnderTest(
            () => new ResilientBlobStore(RadosFixture.Open(endpoint, location), options, TimeProvider.System), DamageAsync, () => { });

        async Task DamageAsync(string sha256, Func<byte[], byte[]> change)
        {
            var token = TestContext.Current.CancellationToken;
            var copy = await bucket.ListAsync(S3BlobEntries.Folder(sha256), token).FirstAsync(e => S3BlobEntries.CopyOf(e.Key) == e.Key, token);
            using var answer = await bucket.GetAsync(copy.Key, range: null, token);
            using var read = new MemoryStream();
            await answer!.ResponseStream.CopyToAsync(read, token);
            var bytes = change(read.ToArray());
            using var content = new MemoryStream(bytes);
            await bucket.PutAsync(copy.Key, content, Md5.Of(bytes), token);
        }
    }
}
