using System.Net;
using Amazon.S3.Model;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Checkpoints.Tests;

public sealed class S3BlobStoreTests(RadosFixture fixture)
{
    private readonly HttpFaults _faults = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(20_000_000)]
    [InlineData(20_971_521)]
    [InlineData(26_214_400)]
    public async Task PutAsync_large_blob_goes_and_comes_in_parts(int length)
    {
        var store = await StoreAsync();
        var bytes = new byte[length];
        new Random(4).NextBytes(bytes);
        var blob = new BytesBlob(bytes);
        Assert.True(await store.PutAsync(blob, Token));
        var sent = _faults.Requests;

        using var content = await store.ReadAsync(new BlobRef(blob.Sha256, length), Token);

        Assert.True(bytes.AsSpan().SequenceEqual(content.ToArray()));
        var parts = length > 20 << 20 ? (length + (5 << 20) - 1) / (5 << 20) : 1;
        Assert.Equal((parts == 1 ? 2 : parts + 3, parts + 1), (sent, _faults.Requests - sent));
    }

    [Fact]
    public async Task CopyAsync_object_of_several_parts_is_copied_whole()
    {
        var (endpoint, location) = await fixture.RequireAsync();
        using var client = RadosFixture.Client(endpoint);
        var (from, to, bytes) = ($"{location.Prefix}from", $"{location.Prefix}to", new byte[(11 << 20) + 1]);
        new Random(5).NextBytes(bytes);
        using var content = new MemoryStream(bytes);
        await new S3Parts(client, location.Bucket, from).UploadAsync(content, bytes.Length, 5 << 20, encrypted: false, Token);

        await new S3Parts(client, location.Bucket, to) { CopiedBytes = 5 << 20 }.CopyAsync(from, bytes.Length, Token);

        using var answer = await client.GetObjectAsync(location.Bucket, to, Token);
        using var copy = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(copy, Token);
        Assert.True(bytes.AsSpan().SequenceEqual(copy.ToArray()));
    }

    [Fact]
    public async Task DeleteUnfinishedAsync_upload_that_broke_off_is_forgotten()
    {
        var (endpoint, location) = await fixture.RequireAsync();
        var store = RadosFixture.Open(endpoint, location, _faults);
        var (blob, left) = (new BytesBlob(new byte[21 << 20]), false);
        _faults.Before = (request, _) => Task.FromResult(
            IsPart(request, 3) || (left && request.Method == HttpMethod.Delete)
                ? Answer(HttpStatusCode.ServiceUnavailable, "SlowDown")
                : null);
        await Assert.ThrowsAsync<IOException>(() => store.PutAsync(blob, Token));
        using var client = RadosFixture.Client(endpoint);
        Assert.Empty(await UploadsAsync());

        // As if the process had died.
        left = true;
        await Assert.ThrowsAsync<IOException>(() => store.PutAsync(blob, Token));
        _faults.Before = null;
        Assert.Single(await UploadsAsync());

        // Somebody else's, in the same bucket.
        var other = await client.InitiateMultipartUploadAsync(location.Bucket, $"{location.Prefix}other/big", Token);
        await store.DeleteUnfinishedAsync(TimeSpan.FromDays(1), TimeProvider.System.GetUtcNow(), Token);
        Assert.Equal(2, (await UploadsAsync()).Count);

        await store.DeleteUnfinishedAsync(TimeSpan.Zero, TimeProvider.System.GetUtcNow().AddMinutes(1), Token);

        Assert.Equal(other.UploadId, Assert.Single(await UploadsAsync()).UploadId);
        await client.AbortMultipartUploadAsync(location.Bucket, other.Key, other.UploadId, Token);
        Assert.True(await store.PutAsync(blob, Token));

        async Task<IReadOnlyList<MultipartUpload>> UploadsAsync()
        {
            var request = new ListMultipartUploadsRequest { BucketName = location.Bucket, Prefix = location.Prefix };
            return (await client.ListMultipartUploadsAsync(request, Token)).MultipartUploads ?? [];
        }
    }

    [Fact]
    public async Task ListDocumentsAsync_names_that_no_document_has_are_passed_over()
    {
        var (endpoint, location) = await fixture.RequireAsync();
        var store = RadosFixture.Open(endpoint, location);
        using var client = RadosFixture.Client(endpoint);
        foreach (var name in (string[])["notes/my file.json", ".hidden/a.json"])
        {
            var request = new PutObjectRequest { BucketName = location.Bucket, Key = location.Prefix + name, ContentBody = "{" };
            await client.PutObjectAsync(request, Token);
        }

        await store.PutDocumentAsync("files/f.json", "{}"u8.ToArray(), null, Token);
        Assert.Equal(["files/f.json"], await store.ListDocumentsAsync("", Token).ToListAsync(Token));
        Assert.Equal(0, (await GarbageCollector.CollectAsync(store, TimeSpan.Zero, TimeProvider.System, Token)).Deleted);
    }

    [Fact]
    public async Task PutAsync_byte_that_flips_on_the_way_is_not_stored()
    {
        var store = await StoreAsync();
        var blob = new BytesBlob(new byte[10_000]);
        var puts = _faults.FlipByteOfFirstPut(5000, Token);
        Assert.True(await Resilient(store).PutAsync(blob, Token));
        Assert.Equal(2, puts());
        (await store.ReadAsync(new BlobRef(blob.Sha256, 10_000), Token)).Dispose();
        Assert.Single(await store.ListAsync(Token).ToListAsync(Token));
    }

    // Every point at which a collector and somebody who needs the blob can meet.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task DeleteAsync_blob_renewed_at_any_of_its_requests_is_there_afterwards(int request)
    {
        var (endpoint, location) = await fixture.RequireAsync();
        var (collector, other) = (RadosFixture.Open(endpoint, location, _faults), RadosFixture.Open(endpoint, location));
        var blob = new BytesBlob([1, 2, 3]);
        await other.PutAsync(blob, Token);
        var listed = await other.ListAsync(Token).SingleAsync(Token);
        var met = false;
        _faults.Before = async (_, n) =>
        {
            if (n != request) return null;
            met = true;
            await other.PutAsync(blob, Token);
            return null;
        };

        await collector.DeleteAsync(listed, Token);

        Assert.True(met);
        (await other.ReadAsync(new BlobRef(blob.Sha256, 3), Token)).Dispose();
        Assert.NotEqual(listed.Version, (await other.ListAsync(Token).SingleAsync(Token)).Version);
        Assert.True(await other.DeleteAsync(await other.ListAsync(Token).SingleAsync(Token), Token));
        await other.DeleteUnfinishedAsync(TimeSpan.Zero, TimeProvider.System.GetUtcNow().AddMinutes(1), Token);
        await AssertEmptyAsync(endpoint, location);
    }

    // The other way round: the collector comes at each request of the one who needs the blob.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task PutAsync_blob_collected_at_any_of_its_requests_is_there_afterwards(int request)
    {
        var (endpoint, location) = await fixture.RequireAsync();
        var (store, collector) = (RadosFixture.Open(endpoint, location, _faults), RadosFixture.Open(endpoint, location));
        var blob = new BytesBlob([1, 2, 3]);
        await collector.PutAsync(blob, Token);
        Assert.False(await collector.PutAsync(blob, Token));
        var listed = await collector.ListAsync(Token).SingleAsync(Token);
        var met = false;
        _faults.Before = async (_, n) =>
        {
            if (n != request) return null;
            met = true;
            await collector.DeleteAsync(listed, Token);
            return null;
        };

        await store.PutAsync(blob, Token);

        Assert.True(met);
        (await store.ReadAsync(new BlobRef(blob.Sha256, 3), Token)).Dispose();
    }

    // A collector that died left its mark: the blob may be deleted at any moment by a request that is still on its way.
    [Fact]
    public async Task RenewAsync_copy_that_a_dead_collector_was_about_to_delete_is_replaced()
    {
        var (endpoint, location) = await fixture.RequireAsync();
        var store = RadosFixture.Open(endpoint, location);
        var blob = new BytesBlob([1, 2, 3]);
        await store.PutAsync(blob, Token);
        var dying = RadosFixture.Open(endpoint, location, _faults);
        HttpRequestMessage? late = null;
        _faults.Before = (request, _) =>
        {
            if (request.Method == HttpMethod.Delete) late = request;
            return late is null ? Task.FromResult<HttpResponseMessage?>(null) : throw new SimulatedCrashException();
        };
        await Assert.ThrowsAnyAsync<Exception>(async () => await dying.DeleteAsync(await store.ListAsync(Token).SingleAsync(Token), Token));

        Assert.True(await store.RenewAsync(new BlobRef(blob.Sha256, 3), Token));

        using var client = RadosFixture.Client(endpoint);
        await client.DeleteObjectAsync(location.Bucket, late!.RequestUri!.AbsolutePath[(location.Bucket.Length + 2)..], Token);
        (await store.ReadAsync(new BlobRef(blob.Sha256, 3), Token)).Dispose();
        await store.DeleteUnfinishedAsync(TimeSpan.Zero, TimeProvider.System.GetUtcNow().AddMinutes(1), Token);
        Assert.True(await store.DeleteAsync(await store.ListAsync(Token).SingleAsync(Token), Token));
        await AssertEmptyAsync(endpoint, location);
    }

    // S3's ETag of the same bytes is the same.
    [Fact]
    public async Task PutDocumentAsync_content_that_comes_back_has_another_version()
    {
        var store = await StoreAsync();
        var first = await store.PutDocumentAsync("d", "{}"u8.ToArray(), null, Token);
        var second = await store.PutDocumentAsync("d", "[]"u8.ToArray(), first, Token);
        var third = await store.PutDocumentAsync("d", "{}"u8.ToArray(), second, Token);
        Assert.Equal(3, new HashSet<string> { first, second, third }.Count);
        await Assert.ThrowsAsync<ETagMismatchException>(() => store.PutDocumentAsync("d", "{}"u8.ToArray(), first, Token));
        Assert.Equal("{}"u8.ToArray(), (await store.GetDocumentAsync("d", Token))!.Content);
    }

    // The SDK may let go of an answer that it has not read: nobody may get the rest of it instead of another.
    [Fact]
    public async Task GetDocumentAsync_others_cancelled_between_head_and_body_of_an_answer_reads_its_own()
    {
        var store = await StoreAsync();
        var blob = new BytesBlob(new byte[3_000_000]);
        var named = new BlobRef(blob.Sha256, blob.Length);
        await store.PutAsync(blob, Token);
        await store.PutDocumentAsync("d", "{\"a\":1}"u8.ToArray(), null, Token);
        Func<CancellationToken, Task>[] calls =
        [
            t => store.ReadAsync(named, t), t => store.GetDocumentAsync("d", t), t => store.ListAsync(t).ToListAsync(t).AsTask(),
            t => store.GetDocumentAsync("missing", t),
        ];
        foreach (var call in calls)
        {
            using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Token);
            _faults.After = async (response, _) =>
            {
                await cancelled.CancelAsync();
                return response;
            };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call(cancelled.Token));
            _faults.After = null;
            for (var i = 0; i < 4; i++)
            {
                Assert.Equal("{\"a\":1}"u8.ToArray(), (await store.GetDocumentAsync("d", Token))!.Content);
                (await store.ReadAsync(named, Token)).Dispose();
            }
        }
    }

    // Blobs age by the server's clock, whatever this machine's says.
    [Theory]
    [InlineData(-30)]
    [InlineData(0)]
    [InlineData(30)]
    public async Task RenewAsync_blob_that_is_new_by_the_servers_clock_gets_no_mark(int days)
    {
        var (endpoint, location) = await fixture.RequireAsync();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(days));
        var store = new S3BlobStore(RadosFixture.Client(endpoint, _faults), location, clock);
        var blob = new BytesBlob([1]);
        await store.PutAsync(blob, Token);
        var sent = _faults.Requests;
        Assert.True(await store.RenewAsync(new BlobRef(blob.Sha256, 1), Token));
        Assert.Equal(1, _faults.Requests - sent);

        _faults.After = (response, _) =>
        {
            response.Headers.Date = TimeProvider.System.GetUtcNow().AddMinutes(2);
            return Task.FromResult(response);
        };
        var before = await store.ListAsync(Token).SingleAsync(Token);
        Assert.True(await store.RenewAsync(new BlobRef(blob.Sha256, 1), Token));
        Assert.NotEqual(before.Version, (await store.ListAsync(Token).SingleAsync(Token)).Version);
    }

    [Fact]
    public async Task CheckAsync_keys_that_may_only_read_are_let_in()
    {
        var store = await StoreAsync();
        _faults.Before = (request, _) => Task.FromResult(
            request.Method == HttpMethod.Put ? Answer(HttpStatusCode.Forbidden, "AccessDenied") : null);
        await store.CheckAsync(Token);
        await Assert.ThrowsAsync<StoreRefusedException>(() => store.PutDocumentAsync("d", "{}"u8.ToArray(), null, Token));

        _faults.Before = (_, _) => Task.FromResult<HttpResponseMessage?>(Answer(HttpStatusCode.Forbidden, "AccessDenied"));
        await Assert.ThrowsAsync<StoreRefusedException>(() => store.CheckAsync(Token));
    }

    [Fact]
    public async Task CheckAsync_server_that_wants_quotes_around_an_ETag_gets_them()
    {
        var store = await StoreAsync();
        _faults.Before = (request, _) =>
        {
            // This one takes them as Ceph does not.
            if (!request.Headers.TryGetValues("If-Match", out var tags)) return Task.FromResult<HttpResponseMessage?>(null);
            return Task.FromResult<HttpResponseMessage?>(tags.Single() is ['"', .., '"']
                ? new HttpResponseMessage { Headers = { { "ETag", "\"1\"" } } }
                : Answer(HttpStatusCode.PreconditionFailed, "PreconditionFailed"));
        };
        await store.CheckAsync(Token);
        var first = await store.PutDocumentAsync("d", "{}"u8.ToArray(), null, Token);
        Assert.Equal("\"1\"", await store.PutDocumentAsync("d", "[]"u8.ToArray(), first, Token));
    }

    // A server, or something before it, that takes every write: the second owner of a run would not be noticed.
    [Theory]
    [InlineData("If-None-Match")]
    [InlineData("If-Match")]
    public async Task CheckAsync_server_that_ignores_a_condition_is_refused(string header)
    {
        var store = await StoreAsync();
        _faults.Before = (request, _) => Task.FromResult(
            request.Headers.Contains(header) ? new HttpResponseMessage { Headers = { { "ETag", "\"1\"" } } } : null);
        var e = await Assert.ThrowsAsync<StoreRefusedException>(() => store.CheckAsync(Token));
        Assert.Contains($"ignores the condition {header}", e.Message, StringComparison.Ordinal);
        _faults.Before = null;
        await store.CheckAsync(Token);
        Assert.Empty(await store.ListDocumentsAsync("", Token).ToListAsync(Token));
    }

    [Theory]
    [InlineData(501, "NotImplemented", "cannot do what a store needs")]
    [InlineData(403, "RequestTimeTooSkewed", "set this machine's clock")]
    [InlineData(403, "QuotaExceeded", "quota or disk is used up")]
    [InlineData(403, "AccessDenied", "access is denied")]
    [InlineData(400, "ExpiredToken", "log in again")]
    [InlineData(301, "PermanentRedirect", "in another region")]
    [InlineData(400, "AuthorizationHeaderMalformed", "in another region")]
    public async Task PutAsync_refusal_says_what_to_do_and_is_not_repeated(int status, string code, string says)
    {
        var store = Resilient(await StoreAsync());
        _faults.Before = (_, _) => Task.FromResult<HttpResponseMessage?>(Answer((HttpStatusCode)status, code));
        var e = await Assert.ThrowsAsync<StoreRefusedException>(() => store.PutAsync(new BytesBlob([1]), Token));
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Contains(code, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal(1, _faults.Requests);
    }

    [Theory]
    [InlineData(500, "InternalError")]
    [InlineData(503, "SlowDown")]
    [InlineData(409, "ConditionalRequestConflict")]
    [InlineData(400, "RequestTimeout")]
    [InlineData(429, "TooManyRequests")]
    public async Task PutDocumentAsync_failure_that_passes_is_repeated(int status, string code)
    {
        var store = Resilient(await StoreAsync());
        _faults.Before = (_, n) => Task.FromResult(n < 3 ? Answer((HttpStatusCode)status, code) : null);
        await store.PutDocumentAsync("d", "{}"u8.ToArray(), null, Token);
        Assert.Equal(3, _faults.Requests);
    }

    private static ResilientBlobStore Resilient(IBlobStore store) =>
        new(store, new ResilienceOptions { FirstDelay = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);

    private static HttpResponseMessage Answer(HttpStatusCode status, string code) => new(status)
    {
        Content = new StringContent(
            $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>injected</Message></Error>", System.Text.Encoding.UTF8, "application/xml"),
    };

    private static bool IsPart(HttpRequestMessage request, int number) =>
        request.RequestUri!.Query.Contains($"partNumber={number}&", StringComparison.Ordinal);

    private static async Task AssertEmptyAsync(string endpoint, S3Location location)
    {
        using var client = RadosFixture.Client(endpoint);
        var request = new ListObjectsV2Request { BucketName = location.Bucket, Prefix = location.Prefix };
        Assert.Empty((await client.ListObjectsV2Async(request, Token)).S3Objects ?? []);
    }

    private async Task<S3BlobStore> StoreAsync()
    {
        var (endpoint, location) = await fixture.RequireAsync();
        return RadosFixture.Open(endpoint, location, _faults);
    }
}
