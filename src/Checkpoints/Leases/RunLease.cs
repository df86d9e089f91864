namespace LisaOrleans.Checkpoints;

/// <summary>
/// Says in the store that somebody works on a run, and lives: a document beside the run's head that changes every other second.
/// It keeps a live run from being taken over by mistake. Correctness does not depend on it: an owner that was replaced is stopped
/// by the head's generation, whatever the lease says. No two clocks are compared.
/// </summary>
public sealed class RunLease : IAsyncDisposable
{
    private readonly IBlobStore _store;
    private readonly string _run;
    private readonly LeaseOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _beating;
    private LeaseDocument _document;
    private string _etag;

    private RunLease(IBlobStore store, string run, LeaseDocument document, string etag, LeaseOptions options, TimeProvider time)
    {
        (_store, _run, _document, _etag, _options, _time) = (store, run, document, etag, options, time);
        Lost = _lost.Token;
        _beating = BeatAsync();
    }

    /// <summary>Cancelled when somebody else has taken the run.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Takes the lease of a run, and keeps it until disposed.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run; need not exist yet.</param>
    /// <param name="holder">For whom.</param>
    /// <param name="takeOver">Whether to take it even from a holder that lives.</param>
    /// <param name="options">How often to beat, how long to wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RunHeldException">Somebody else works on the run and lives.</exception>
    public static async Task<RunLease> AcquireAsync(
        IBlobStore store, string run, RunHolder holder, bool takeOver, LeaseOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (before, etag) = takeOver
                ? await ReadAnywayAsync(store, run, cancellationToken).ConfigureAwait(false)
                : await LeaseStorage.ReadAsync(store, run, cancellationToken).ConfigureAwait(false);
            if (before is not null && !takeOver)
                await LeaseStorage.CheckAsync(store, run, holder, before, options, time, cancellationToken).ConfigureAwait(false);
            var since = before?.Released == false && holder.IsSame(before.Holder) ? before.Since : time.GetUtcNow();
            var document = new LeaseDocument(holder, since, (before?.Beat ?? 0) + 1);
            try
            {
                return new RunLease(
                    store, run, document,
                    await LeaseStorage.WriteAsync(store, run, document, etag, cancellationToken).ConfigureAwait(false), options, time);
            }
            catch (ETagMismatchException)
            {
                // Somebody was quicker, or beats: look at what they wrote.
            }
        }
    }

    /// <summary>Throws if somebody else works on a run and lives. Waits if there is no other way to tell.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="holder">Who asks.</param>
    /// <param name="options">How long to wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RunHeldException">Somebody else does.</exception>
    public static async Task CheckAsync(
        IBlobStore store, string run, RunHolder holder, LeaseOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var (document, _) = await LeaseStorage.ReadAsync(store, run, cancellationToken).ConfigureAwait(false);
        if (document is not null) await LeaseStorage.CheckAsync(store, run, holder, document, options, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Whether somebody else has taken the run, looked up in the store: what they do may show before <see cref="Lost"/> is
    /// cancelled. False where the store does not answer.
    /// </summary>
    public async Task<bool> IsTakenAsync()
    {
        if (Lost.IsCancellationRequested) return true;
        try
        {
            await CheckAsync(_store, _run, _document.Holder, _options, _time, CancellationToken.None).ConfigureAwait(false);
            return false;
        }
        catch (RunHeldException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or Azure.RequestFailedException)
        {
            // What ended this process's work says more than the store does now.
            return false;
        }
    }

    /// <summary>
    /// Whether a cluster works on a run now: waits for one of its beats, for about two and a half periods at most.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="options">How often to look, and what a period is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<bool> IsBeatingAsync(
        IBlobStore store, string run, string cluster, LeaseOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var (found, _) = await LeaseStorage.ReadAsync(store, run, cancellationToken).ConfigureAwait(false);
        return found is not null && IsClusters(found)
            && await LeaseStorage.FindChangeAsync(store, run, found, options.Period * 2.5, options, time, cancellationToken).ConfigureAwait(false)
                is { Now: { } now } && IsClusters(now);

        bool IsClusters(LeaseDocument lease) => !lease.Released && lease.Holder.Cluster == cluster;
    }

    /// <summary>Takes the lease away from whoever has it: the next to ask gets it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task BreakAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (before, etag) = await ReadAnywayAsync(store, run, cancellationToken).ConfigureAwait(false);
            if (before is null && etag is not null) await store.DeleteDocumentAsync(LeaseStorage.Path(run), cancellationToken).ConfigureAwait(false);
            if (before is null or { Released: true }) return;
            try
            {
                await LeaseStorage.WriteAsync(
                    store, run, before with { Beat = before.Beat + 1, Released = true }, etag, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (ETagMismatchException)
            {
                // The holder has just beaten: try again.
            }
        }
    }

    /// <summary>Lets go of the run.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_end.IsCancellationRequested) return;
        await _end.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
        try
        {
            if (!_lost.IsCancellationRequested) await WriteAsync(_document with { Released = true }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The store cannot be reached. Whoever comes next waits for a beat that does not come, or sees that this process is
            // gone.
        }

        _end.Dispose();
        _lost.Dispose();
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(_options.Period, _time);
        var (heard, said) = (_time.GetTimestamp(), false);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token).ConfigureAwait(false))
            {
                try
                {
                    await WriteAsync(_document, _end.Token).ConfigureAwait(false);
                    (heard, said) = (_time.GetTimestamp(), false);
                }
                catch (Exception e) when (!_end.IsCancellationRequested)
                {
                    // The store cannot be reached or is full: the next beat tries again. The run goes on meanwhile: if another
                    // process takes it, the head's generation tells.
                    if (said || (StoreRefusal.Find(e, _store.Location) is null && _time.GetElapsedTime(heard) < _options.Patience)) continue;
                    said = true;
                    _options.Unheard?.Invoke(_run, e);
                }

                if (_lost.IsCancellationRequested) return;
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
        }
    }

    private async Task WriteAsync(LeaseDocument document, CancellationToken cancellationToken)
    {
        var next = document with { Beat = document.Beat + 1 };
        try
        {
            _etag = await LeaseStorage.WriteAsync(_store, _run, next, _etag, cancellationToken).ConfigureAwait(false);
            _document = next;
        }
        catch (ETagMismatchException)
        {
            var (found, etag) = await ReadAnywayAsync(_store, _run, cancellationToken).ConfigureAwait(false);
            if (found is null)
            {
                // It was damaged, or a damaged run was deleted so that it can start over.
                _etag = await LeaseStorage.WriteAsync(_store, _run, next, etag, cancellationToken).ConfigureAwait(false);
                _document = next;
                return;
            }

            if (found is { Released: false } && found.Holder.Id == _document.Holder.Id && etag is not null)
            {
                // Our own write, whose answer was lost.
                (_document, _etag) = (found, etag);
                if (!document.Released) return;
                next = found with { Beat = found.Beat + 1, Released = true };
                _etag = await LeaseStorage.WriteAsync(_store, _run, next, etag, cancellationToken).ConfigureAwait(false);
                return;
            }

            await _lost.CancelAsync().ConfigureAwait(false);
        }
    }

    // A damaged document belongs to nobody.
    private static async Task<(LeaseDocument? Document, string? ETag)> ReadAnywayAsync(
        IBlobStore store, string run, CancellationToken cancellationToken)
    {
        var (document, etag, _) = await LeaseStorage.TryReadAsync(store, run, cancellationToken).ConfigureAwait(false);
        return (document, etag);
    }
}
