using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Azure;
using Azure.Identity;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Retries what failed for a passing reason: with growing pauses and jitter, a limit for each try, and a circuit breaker that
/// stops the attempts while the store cannot be reached. The retries end: what does not recover comes out as the store's own
/// error.
/// </summary>
public sealed class ResilientBlobStore : IBlobStore
{
    private static readonly ResiliencePropertyKey<TimeSpan> s_limit = new("limit");

    private readonly IBlobStore _inner;
    private readonly ResilienceOptions _options;
    private readonly ResiliencePipeline _pipeline;

    /// <summary>Wraps a store.</summary>
    public ResilientBlobStore(IBlobStore inner, ResilienceOptions options, TimeProvider time)
    {
        (_inner, _options) = (inner, options);
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(IsPassing),
                MaxRetryAttempts = options.Retries,
                Delay = options.FirstDelay,
                MaxDelay = options.LongestDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                OnRetry = static _ =>
                {
                    StoreTelemetry.Retrying();
                    return default;
                },
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(
                    e => e is not BrokenCircuitException and not BlobCorruptException && IsPassing(e)),
                FailureRatio = 0.9,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDuration = TimeSpan.FromSeconds(1),
            })
            .AddTimeout(new TimeoutStrategyOptions { TimeoutGenerator = static a => new(a.Context.Properties.GetValue(s_limit, TimeSpan.MaxValue)) })
            .Build();
    }

    /// <inheritdoc/>
    public string Location => _inner.Location;

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) => Try(t => _inner.ExistsAsync(sha256, t), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken) =>
        Try(t => _inner.RenewAsync(blob, t), cancellationToken, Limit(blob.Length)); // In S3 it may have to be copied.

    /// <inheritdoc/>
    public Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken) =>
        Try(t => _inner.PutAsync(blob, t), cancellationToken, Limit(blob.Length));

    /// <inheritdoc/>
    public Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken) =>
        Try(t => _inner.ReadAsync(blob, t), cancellationToken, Limit(blob.Length));

    /// <inheritdoc/>
    public Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken) =>
        Try(t => _inner.ReadStartAsync(blob, count, t), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken cancellationToken) => Whole(_inner.ListAsync, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken) => Try(t => _inner.DeleteAsync(blob, t), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken) =>
        Try(t => Done(_inner.DeleteUnfinishedAsync(age, now, t)), cancellationToken, Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) =>
        Try(t => _inner.GetDocumentAsync(path, t), cancellationToken);

    /// <inheritdoc/>
    public Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
        Try(t => _inner.PutDocumentAsync(path, content, ifMatch, t), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListDocumentsAsync(string prefix, CancellationToken cancellationToken) =>
        Whole(t => _inner.ListDocumentsAsync(prefix, t), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteDocumentAsync(string path, CancellationToken cancellationToken) =>
        Try(t => Done(_inner.DeleteDocumentAsync(path, t)), cancellationToken);

    // A damaged blob may have been damaged on the way; a second reading tells.
    private static bool IsPassing(Exception e) => e switch
    {
        RequestFailedException { Status: 0 or 408 or 409 or 429 or >= 500 } => true,

        // Bytes that changed on the way to the store; the emulator has another error code for it.
        RequestFailedException { Status: 400, ErrorCode: "Md5Mismatch" or "InvalidOperation" } => true,
        ETagMismatchException or BlobMissingException or StoreRefusedException => false,
        BlobCorruptException or TimeoutRejectedException or BrokenCircuitException => true,
        HttpRequestException or IOException => true,
        AggregateException many => many.InnerExceptions.All(IsPassing),
        _ => false,
    };

    private static async Task<bool> Done(Task task)
    {
        await task.ConfigureAwait(false);
        return true;
    }

    private TimeSpan Limit(long bytes) => _options.TryTimeout + TimeSpan.FromSeconds((double)bytes / _options.SlowestBytesPerSecond);

    // A list is read whole before any entry is passed on: one that broke off starts over, and nobody gets an entry twice. It takes the longer,
    // the more there is: the store itself limits each page.
    private async IAsyncEnumerable<T> Whole<T>(
        Func<CancellationToken, IAsyncEnumerable<T>> list, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var item in await Try(t => list(t).ToListAsync(t).AsTask(), cancellationToken, Timeout.InfiniteTimeSpan).ConfigureAwait(false))
            yield return item;
    }

    private async Task<T> Try<T>(Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(s_limit, limit ?? _options.TryTimeout);
        try
        {
            return await _pipeline.ExecuteAsync(
                async c => await Once(action, c.CancellationToken).ConfigureAwait(false), context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is BrokenCircuitException or TimeoutRejectedException)
        {
            // The error that opened the circuit is the one that the caller would have got.
            var own = e is BrokenCircuitException { InnerException: { } cause } ? cause : e;
            if (own is not (BrokenCircuitException or TimeoutRejectedException)) ExceptionDispatchInfo.Throw(own);
            throw new IOException($"{Location} does not answer: {own.Message}", own);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async Task<T> Once<T>(Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        try
        {
            return await action(cancellationToken).ConfigureAwait(false);
        }
        catch (AuthenticationFailedException e)
        {
            throw AzureFailures.Find(e, Location);
        }
        catch (Exception e) when (StoreRefusal.Find(e, Location) is { } refused)
        {
            throw refused;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // A limit of the client's own, such as for an answer. Callers know only cancellations that they asked for.
            throw new IOException($"{Location} does not answer: {e.Message}", e);
        }
    }
}
