using System.Net;
using Azure;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>A real emulator behind a connection that fails. Pauses pass on a clock of the test.</summary>
public sealed class ResilientBlobStoreTests(AzuriteFixture fixture)
{
    private const int Retries = 6;

    private readonly FakeTimeProvider _time = new();
    private readonly AzureFaults _faults = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int, string> PassingErrors => new()
    {
        { 503, "ServerBusy" },
        { 500, "InternalError" },
        { 500, "OperationTimedOut" },
        { 429, "TooManyRequests" },
        { 409, "BlobBeingRehydrated" },
        { 408, "RequestTimeout" },
    };

    [Theory]
    [MemberData(nameof(PassingErrors))]
    public async Task ResilientBlobStore_transient_error_every_call_is_retried(int status, string code)
    {
        var store = await StoreAsync();
        var blob = new BytesBlob([1, 2, 3]);

        // Two requests fail, two do not: as many as a call makes at most.
        _faults.Before = (_, n) => Task.FromResult(n % 4 >= 2 ? null : AzureFaults.Error(status, code));
        Assert.False(await Finish(store.RenewAsync(new BlobRef(blob.Sha256, blob.Length), Token)));
        await Finish(store.PutAsync(blob, Token));
        (await Finish(store.ReadAsync(new BlobRef(blob.Sha256, 3), Token))).Dispose();
        var etag = await Finish(store.PutDocumentAsync("d", new byte[] { 1 }, null, Token));
        await Finish(store.PutDocumentAsync("d", new byte[] { 2 }, etag, Token));
        Assert.Equal([2], (await Finish(store.GetDocumentAsync("d", Token)))!.Content);
        await Finish(Done(store.DeleteDocumentAsync("d", Token)));
        Assert.Null(await Finish(store.GetDocumentAsync("d", Token)));
        await Finish(Done(store.DeleteNowAsync(blob.Sha256)));
        Assert.False(await Finish(store.RenewAsync(new BlobRef(blob.Sha256, blob.Length), Token)));
    }

    [Fact]
    public async Task PutAsync_broken_connection_is_retried()
    {
        var store = await StoreAsync();
        _faults.Before = (_, n) => n <= 2 ? throw new HttpRequestException("reset") : Task.FromResult<HttpResponseMessage?>(null);
        Assert.True(await Finish(store.PutAsync(new BytesBlob([1]), Token)));
    }

    // The client's own limit ends what waits for it, and calls that a cancellation; nobody cancelled.
    [Fact]
    public async Task PutAsync_limit_of_the_client_is_retried()
    {
        var store = await StoreAsync(TimeProvider.System, TimeSpan.FromSeconds(2));
        _faults.Before = (_, n) => n == 1
            ? new TaskCompletionSource<HttpResponseMessage?>().Task
            : Task.FromResult<HttpResponseMessage?>(null);
        Assert.True(await store.PutAsync(new BytesBlob([1]), Token));
    }

    [Fact]
    public async Task ReadAsync_byte_that_flips_on_the_way_is_read_again()
    {
        var store = await StoreAsync();
        var blob = new BytesBlob(new byte[100_000]);
        await store.PutAsync(blob, Token);
        var before = _faults.Requests;
        _faults.After = (response, n) => n <= before + 2 ? Flipped(response) : Task.FromResult(response);
        using var content = await Finish(store.ReadAsync(new BlobRef(blob.Sha256, 100_000), Token));
        Assert.True(content.ToArray().AsSpan().IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal(before + 3, _faults.Requests);
    }

    [Fact]
    public async Task ReadAsync_blob_that_stays_damaged_is_reported_as_damaged()
    {
        var store = await StoreAsync();
        var blob = new BytesBlob(new byte[100]);
        await store.PutAsync(blob, Token);
        var before = _faults.Requests;
        _faults.After = (response, _) => Flipped(response);
        await Assert.ThrowsAsync<BlobCorruptException>(() => Finish(store.ReadAsync(new BlobRef(blob.Sha256, 100), Token)));
        Assert.Equal(before + Retries + 1, _faults.Requests);
    }

    [Fact]
    public async Task RenewAsync_lasting_error_of_the_store_is_passed_on()
    {
        var store = await StoreAsync();
        _faults.Before = (_, _) => Task.FromResult<HttpResponseMessage?>(AzureFaults.Error(503, "ServerBusy"));
        var e = await Assert.ThrowsAsync<RequestFailedException>(() => Finish(store.RenewAsync(new BlobRef(new BytesBlob([1]).Sha256, 1), Token)));
        Assert.Equal((503, Retries + 1), (e.Status, _faults.Requests));
    }

    [Fact]
    public async Task ResilientBlobStore_permanent_error_is_not_retried()
    {
        var store = await StoreAsync();
        await Assert.ThrowsAsync<BlobMissingException>(() => store.ReadAsync(new BlobRef(new BytesBlob([1]).Sha256, 1), Token));
        Assert.Equal(1, _faults.Requests);
        _faults.Before = (_, _) => Task.FromResult<HttpResponseMessage?>(AzureFaults.Error(403, "AuthorizationFailure"));
        await Assert.ThrowsAsync<StoreRefusedException>(() => store.GetDocumentAsync("d", Token));
        Assert.Equal(2, _faults.Requests);
        _faults.Before = (_, _) => Task.FromResult<HttpResponseMessage?>(AzureFaults.Error(412, "ConditionNotMet"));
        await Assert.ThrowsAsync<ETagMismatchException>(() => store.PutDocumentAsync("d", default, "\"1\"", Token));
        Assert.Equal(3, _faults.Requests);
    }

    // The write was done; only its answer was lost. Its repetition then finds another version than it expects: its own.
    [Fact]
    public async Task CommitAsync_lost_answer_the_commit_counts()
    {
        var store = await StoreAsync();
        var run = await TestRun.AcquireAsync(store);
        var manifest = await TestRun.ManifestAsync(store, 1);
        var lost = 0;
        _faults.After = (response, _) =>
        {
            var head = response.RequestMessage!.Method == HttpMethod.Put
                && response.RequestMessage.RequestUri!.AbsolutePath.EndsWith("head.json", StringComparison.Ordinal);
            return Task.FromResult(head && lost++ == 0 ? AzureFaults.Error(500, "OperationTimedOut") : response);
        };
        await Finish(Done(run.CommitAsync(manifest, Token)));
        Assert.Equal(2, lost);
        await TestRun.AssertLoadableAsync(store, 1);
        await run.CommitAsync(await TestRun.ManifestAsync(store, 2), Token);
    }

    [Fact]
    public async Task CommitAsync_stale_owner_on_a_failing_network_is_told_so()
    {
        var store = await StoreAsync();
        var stale = await TestRun.AcquireAsync(store);
        await TestRun.AcquireAsync(store);
        var manifest = await TestRun.ManifestAsync(store, 1);
        var from = _faults.Requests;
        _faults.Before = (_, n) => Task.FromResult((n - from) % 3 == 1 ? AzureFaults.Error(503, "ServerBusy") : null);
        await Assert.ThrowsAsync<StaleGenerationException>(() => Finish(Done(stale.CommitAsync(manifest, Token))));
    }

    private static async Task<bool> Done(Task task)
    {
        await task;
        return true;
    }

    private static async Task<HttpResponseMessage> Flipped(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK || response.RequestMessage!.Method != HttpMethod.Get) return response;
        var bytes = await response.Content.ReadAsByteArrayAsync(Token);
        bytes[bytes.Length / 2] ^= 1;
        var content = new ByteArrayContent(bytes);
        foreach (var header in response.Content.Headers) content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        response.Content = content;
        return response;
    }

    // Time passes while the store pauses.
    private async Task<T> Finish<T>(Task<T> task)
    {
        await Until.True(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            return task.IsCompleted;
        });
        return await task;
    }

    private async Task<ResilientBlobStore> StoreAsync(TimeProvider? time = null, TimeSpan? networkTimeout = null)
    {
        var (azurite, name) = await fixture.RequireAsync();
        await new BlobContainerClient(azurite.ConnectionString, name, AzureFaults.Options()).CreateAsync(cancellationToken: Token);
        var options = AzureFaults.Options(_faults);
        options.Retry.NetworkTimeout = networkTimeout ?? Timeout.InfiniteTimeSpan;
        var container = new BlobContainerClient(azurite.ConnectionString, name, options);
        return new ResilientBlobStore(new AzureBlobStore(container), new ResilienceOptions { Retries = Retries }, time ?? _time);
    }
}
