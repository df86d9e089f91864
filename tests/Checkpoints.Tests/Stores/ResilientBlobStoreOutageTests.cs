using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Checkpoints.Tests;

public sealed class ResilientBlobStoreOutageTests
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Many calls at once open the circuit breaker; what it throws is not an error that callers know.
    [Fact]
    public async Task GetDocumentAsync_many_callers_in_an_outage_all_get_the_error_of_the_store()
    {
        var store = new ResilientBlobStore(new Away(() => throw new IOException("away")), new ResilienceOptions { Retries = 4 }, _time);
        var calls = Enumerable.Range(0, 40).Select(_ => Finish(store.GetDocumentAsync("d", Token))).ToArray();
        foreach (var call in calls) Assert.Equal("away", (await Assert.ThrowsAsync<IOException>(() => call)).Message);
    }

    [Fact]
    public async Task GetDocumentAsync_store_that_never_answers_throws_an_io_exception()
    {
        var asked = 0;
        var away = new Away(async token =>
        {
            Interlocked.Increment(ref asked);
            await Task.Delay(Timeout.Infinite, token);
        });
        var store = new ResilientBlobStore(away, new ResilienceOptions { Retries = 2, TryTimeout = TimeSpan.FromSeconds(20) }, _time);
        var e = await Assert.ThrowsAnyAsync<IOException>(() => Finish(store.GetDocumentAsync("d", Token)));
        Assert.Contains("nowhere", e.Message, StringComparison.Ordinal);
        Assert.Equal(3, asked);
    }

    // Connections are taken, and nothing more.
    [Fact]
    public async Task OpenAzureAsync_service_that_never_answers_is_told_so()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        var e = await Assert.ThrowsAsync<StoreLocationException>(() => BlobStores.OpenAzureAsync(
            AzuriteServer.ConnectionString(port), new ResilienceOptions { TryTimeout = TimeSpan.FromMilliseconds(50) }, Token));
        Assert.Contains($"127.0.0.1:{port}", e.Message, StringComparison.Ordinal);
        Assert.Contains("nothing answers there within 0.1 s", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListAsync_transient_error_is_retried()
    {
        var (asked, listed) = (0, 0);
        var store = new ResilientBlobStore(
            new Away(_ => ++asked % 2 == 1 ? throw new IOException("away") : Task.CompletedTask), new ResilienceOptions { Retries = 2 }, _time);
        listed += (await Finish(store.ListAsync(Token).ToListAsync(Token).AsTask())).Count;
        listed += (await Finish(store.ListDocumentsAsync("runs/", Token).ToListAsync(Token).AsTask())).Count;
        Assert.Equal((4, 4), (listed, asked));
    }

    // The pages of a large store: each comes in time, and all of them take longer than a try may.
    [Fact]
    public async Task ListAsync_may_take_as_long_as_there_are_entries()
    {
        var asked = 0;
        var large = new Away(token =>
        {
            asked++;
            return Task.Delay(TimeSpan.FromSeconds(45), _time, token);
        });
        var store = new ResilientBlobStore(large, new ResilienceOptions { Retries = 1 }, _time);
        Assert.Equal(2, (await Finish(store.ListAsync(Token).ToListAsync(Token).AsTask())).Count);
        Assert.Equal(2, (await Finish(store.ListDocumentsAsync("", Token).ToListAsync(Token).AsTask())).Count);
        await Finish(DeleteUnfinishedAsync());
        Assert.Equal(3, asked);

        async Task<bool> DeleteUnfinishedAsync()
        {
            await store.DeleteUnfinishedAsync(TimeSpan.Zero, default, Token);
            return true;
        }
    }

    [Fact]
    public async Task RenewAsync_may_take_as_long_as_a_copy_of_the_blob()
    {
        var asked = 0;
        var slow = new Away(token =>
        {
            asked++;
            return Task.Delay(TimeSpan.FromSeconds(45), _time, token);
        });
        var store = new ResilientBlobStore(slow, new ResilienceOptions { Retries = 1 }, _time);
        Assert.True(await Finish(store.RenewAsync(new BlobRef(new string('0', 64), 30_000_000), Token)));
        Assert.Equal(1, asked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ListAsync_page_that_does_not_come_is_given_up(bool s3)
    {
        const string Page = "<?xml version=\"1.0\"?><R><Blobs/><NextMarker/><IsTruncated>false</IsTruncated></R>";
        var faults = new HttpFaults
        {
            Before = async (_, number) =>
            {
                if (number == 1) await Task.Delay(Timeout.Infinite, Token);
                var page = Page.Replace("R>", s3 ? "ListBucketResult>" : "EnumerationResults>", StringComparison.Ordinal);
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(page, null, "application/xml") };
            },
        };
        var options = AzureFaults.Options(faults);
        options.Retry.NetworkTimeout = Timeout.InfiniteTimeSpan;
        IBlobStore inner = s3
            ? new S3BlobStore(
                S3Clients.Create(new S3Options { Endpoint = "http://127.0.0.1:1" }, new BasicAWSCredentials("key", "secret"), faults),
                new S3Location("bucket", ""), _time)
            : new AzureBlobStore(new BlobContainerClient(AzuriteServer.ConnectionString(1), "c", options)) { Time = _time };
        var store = new ResilientBlobStore(inner, new ResilienceOptions { Retries = 1 }, _time);
        Assert.Empty(await Finish(store.ListDocumentsAsync("runs/", Token).ToListAsync(Token).AsTask()));
        Assert.Equal(2, faults.Requests);
    }

    // An upload that broke off, and what a check of the server left: either deletion is not answered at first.
    [Fact]
    public async Task DeleteUnfinishedAsync_deletion_that_is_not_answered_is_given_up()
    {
        const string Uploads =
            "<ListMultipartUploadsResult><Upload><Key>blobs/a</Key><UploadId>u</UploadId><Initiated>1999-01-01T00:00:00.000Z</Initiated></Upload>"
            + "<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>";
        const string Probes =
            "<ListBucketResult><Contents><Key>probe/a</Key><LastModified>1999-01-01T00:00:00.000Z</LastModified><Size>1</Size></Contents>"
            + "<IsTruncated>false</IsTruncated></ListBucketResult>";
        const string Nothing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
        var asked = new List<string>();
        var faults = new HttpFaults
        {
            Before = async (request, _) =>
            {
                var (path, query) = (request.RequestUri!.AbsolutePath, request.RequestUri.Query);
                if (request.Method == HttpMethod.Delete)
                {
                    asked.Add(path);
                    if (asked.Count(p => p == path) == 1) await Task.Delay(Timeout.Infinite, Token);
                    return new HttpResponseMessage(HttpStatusCode.NoContent);
                }

                var page = query.Contains("uploads", StringComparison.Ordinal) ? Uploads
                    : query.Contains("prefix=probe", StringComparison.Ordinal) ? Probes : Nothing;
                return new HttpResponseMessage(HttpStatusCode.OK)
                {
                    Content = new StringContent("<?xml version=\"1.0\"?>" + page, null, "application/xml"),
                };
            },
        };
        var store = new ResilientBlobStore(
            new S3BlobStore(
                S3Clients.Create(new S3Options { Endpoint = "http://127.0.0.1:1" }, new BasicAWSCredentials("key", "secret"), faults),
                new S3Location("bucket", ""), _time),
            new ResilienceOptions { Retries = 20 }, _time);
        Assert.True(await Finish(DeleteUnfinishedAsync()));

        // The clock of this test may also be too quick for what is answered, which is then asked for again.
        foreach (var path in (string[])["/bucket/blobs/a", "/bucket/probe/a"]) Assert.True(asked.Count(p => p == path) >= 2, path);

        async Task<bool> DeleteUnfinishedAsync()
        {
            await store.DeleteUnfinishedAsync(TimeSpan.Zero, TimeProvider.System.GetUtcNow(), Token);
            return true;
        }
    }

    [Fact]
    public async Task GetDocumentAsync_cancelled_during_a_pause_ends_at_once()
    {
        using var cancel = new CancellationTokenSource();
        var asked = new TaskCompletionSource();
        var store = new ResilientBlobStore(
            new Away(_ =>
            {
                asked.TrySetResult();
                throw new IOException("away");
            }),
            new ResilienceOptions(), _time);
        var call = store.GetDocumentAsync("d", cancel.Token);
        await asked.Task;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    private async Task<T> Finish<T>(Task<T> task)
    {
        await Until.True(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            return task.IsCompleted;
        });
        return await task;
    }

    /// <summary>A store of which nothing works but what a test lets through; its lists have two entries, the second after the trouble.</summary>
    private sealed class Away(Func<CancellationToken, Task> trouble) : IBlobStore
    {
        public Away(Action trouble)
            : this(_ =>
            {
                trouble();
                return Task.CompletedTask;
            })
        {
        }

        public string Location => "nowhere";

        public Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            await trouble(cancellationToken);
            return true;
        }

        public Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async IAsyncEnumerable<StoredBlob> ListAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new StoredBlob("a", 1, default, "1");
            await trouble(cancellationToken);
            yield return new StoredBlob("b", 1, default, "1");
        }

        public Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken)
        {
            await trouble(cancellationToken);
            return null;
        }

        public Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public async IAsyncEnumerable<string> ListDocumentsAsync(
            string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return "runs/a";
            await trouble(cancellationToken);
            yield return "runs/b";
        }

        public Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken) => trouble(cancellationToken);

        public Task DeleteDocumentAsync(string path, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
