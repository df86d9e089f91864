namespace LisaOrleans.Checkpoints;

/// <summary>
/// One run in a store, as one generation owns it. Blobs are written first, the manifest after them, and the head is
/// swapped last: readers see the last complete manifest or the one before, and a stale owner's swap fails.
/// </summary>
public sealed partial class RunStore
{
    // A store may refuse a swap for no reason; this many times in a row, it is an error of the store.
    private const int MaxRefusals = 5;

    private readonly IBlobStore _store;

    // Heads that may have been written, though the store did not confirm it.
    private readonly List<RunHead> _unsure = [];
    private string _etag;

    private RunStore(IBlobStore store, RunHead head, string etag) => (_store, Head, _etag) = (store, head, etag);

    /// <summary>The owner's generation.</summary>
    public long Generation => Head.Generation;

    /// <summary>The head as this owner last wrote it.</summary>
    public RunHead Head { get; private set; }

    /// <summary>The last complete manifest; null before the first.</summary>
    public Manifest? Manifest { get; private set; }

    /// <summary>Whether the previous owner was lost, or went back to its manifest.</summary>
    public bool Recovered { get; private init; }

    /// <summary>Becomes the run's owner under a new generation. Creates the run if it is not there.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="claim">What for.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StaleGenerationException">
    /// Another process owns the run, and the claim is for the same owner only.
    /// </exception>
    /// <exception cref="RunHeldException">Somebody else works on the run and lives: see <see cref="RunLease"/>.</exception>
    public static async Task<RunStore> AcquireAsync(IBlobStore store, string run, RunClaim claim, CancellationToken cancellationToken) =>
        (await TryAcquireAsync(store, run, claim, ifNew: false, cancellationToken).ConfigureAwait(false))!;

    /// <summary>The same for a run that has no manifest yet; one that has a manifest is left as it is, and null returned.</summary>
    public static Task<RunStore?> TryBeginAsync(IBlobStore store, string run, RunClaim claim, CancellationToken cancellationToken) =>
        TryAcquireAsync(store, run, claim, ifNew: true, cancellationToken);

    private static async Task<RunStore?> TryAcquireAsync(
        IBlobStore store, string run, RunClaim claim, bool ifNew, CancellationToken cancellationToken)
    {
        if (!claim.OnlyOwn)
            await RunLease.CheckAsync(store, run, claim.Holder, new LeaseOptions(), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        RunHead? ours = null;
        var recovered = false;
        for (var (before, refusals) = ((string?)null, 0); ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var document = await store.GetDocumentAsync(HeadPath(run), cancellationToken).ConfigureAwait(false);

            // The answer to our own write may have been lost.
            if (ours is null || document is null || !document.Content.AsSpan().SequenceEqual(ToJson(ours)))
            {
                if (document is null && claim.OnlyOwn) throw await ExplainMissingAsync(store, run, cancellationToken).ConfigureAwait(false);
                if (document is null) await StoreFormat.EnsureAsync(store, cancellationToken).ConfigureAwait(false);
                var head = document is null ? new RunHead(run, 0, 0, null) : Parse(document, run, store);
                if (ifNew && head.Manifest is not null) return null;
                if (claim.OnlyOwn && head.Owner != claim.Owner) throw new StaleGenerationException(run, head.Generation - 1, head.Generation);
                claim.Check?.Invoke(head);
                recovered = head is { State: RunHeadStates.Running, Owner: not null } && !claim.Planned;
                ours = head with
                {
                    Generation = head.Generation + 1,
                    State = claim.State,
                    Error = null,
                    Cluster = claim.Cluster,
                    Since = claim.Since ?? head.Since,
                    Recoveries = head.Recoveries + (recovered ? 1 : 0),
                    Owner = claim.Owner,
                };
                if (claim.Journal is { } append)
                {
                    ours = ours with { Journal = await append(head, cancellationToken).ConfigureAwait(false) };
                    await CheckBlobsAsync(store, Blobs(ours.Journal).Except(Blobs(head.Journal)), cancellationToken).ConfigureAwait(false);
                }

                try
                {
                    var etag = await store.PutDocumentAsync(HeadPath(run), ToJson(ours), document?.ETag, cancellationToken).ConfigureAwait(false);
                    document = new StoreDocument([], etag);
                }
                catch (ETagMismatchException)
                {
                    // Somebody else was quicker; their generation is now the one to exceed. Each race that is lost here is won by
                    // somebody, so this ends; if nobody has won, the store was wrong.
                    refusals = document?.ETag == before ? refusals + 1 : 1;
                    before = document?.ETag;
                    if (refusals == MaxRefusals) throw;
                    continue;
                }
            }

            var owned = new RunStore(store, ours, document.ETag) { Recovered = recovered };
            claim.Acquired?.Invoke(owned);
            if (ours.Manifest is { } blob) owned.Manifest = await ReadManifestAsync(store, blob, cancellationToken).ConfigureAwait(false);
            return owned;
        }
    }

    /// <summary>Makes a manifest the run's last complete one; the journal stays as it is.</summary>
    /// <exception cref="StaleGenerationException">Another process owns the run.</exception>
    public Task CommitAsync(Manifest manifest, CancellationToken cancellationToken) =>
        CommitAsync(manifest, Head.Journal, Head.Kept, cancellationToken);

    /// <summary>Makes a manifest the run's last complete one.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="journal">The journal from now on.</param>
    /// <param name="kept">The list of kept manifests from now on (<see cref="KeptManifests"/>).</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StaleGenerationException">Another process owns the run.</exception>
    public async Task CommitAsync(
        Manifest manifest, IReadOnlyList<LogSegment>? journal, IReadOnlyList<LogSegment>? kept, CancellationToken cancellationToken)
    {
        var blob = await PutManifestAsync(_store, manifest, cancellationToken).ConfigureAwait(false);
        var before = (Manifest?.References() ?? []).Concat(Blobs(Head.Journal)).Concat(Blobs(Head.Kept));
        await CheckBlobsAsync(_store, manifest.References().Concat(Blobs(journal)).Concat(Blobs(kept)).Except(before), cancellationToken)
            .ConfigureAwait(false);
        await SwapHeadAsync(Head with { Step = manifest.Step, Manifest = blob, Journal = journal, Kept = kept }, cancellationToken)
            .ConfigureAwait(false);
        Manifest = manifest;
    }

    /// <inheritdoc cref="SetStateAsync(string, string?, IReadOnlyList{LogSegment}?, CancellationToken)"/>
    public Task SetStateAsync(string state, string? error, CancellationToken cancellationToken) =>
        SetStateAsync(state, error, Head.Journal, cancellationToken);

    /// <summary>Stores how the run ended, for those who ask after its owner is gone.</summary>
    /// <param name="state">See <see cref="RunHeadStates"/>.</param>
    /// <param name="error">The reason, if it failed.</param>
    /// <param name="journal">The journal from now on.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StaleGenerationException">Another process owns the run.</exception>
    public Task SetStateAsync(string state, string? error, IReadOnlyList<LogSegment>? journal, CancellationToken cancellationToken) =>
        SwapHeadAsync(Head with { State = state, Error = error, Journal = journal }, cancellationToken);

    /// <summary>Stores that the run waits for silos again. Its owner stays.</summary>
    /// <param name="planned">Whether they were let go of; if not, this counts as a recovery, as taking the run again then does not.</param>
    /// <param name="journal">The journal from now on.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StaleGenerationException">Another process owns the run.</exception>
    public Task WaitAsync(bool planned, IReadOnlyList<LogSegment>? journal, CancellationToken cancellationToken) => SwapHeadAsync(
        Head with { State = RunHeadStates.Waiting, Recoveries = Head.Recoveries + (planned ? 0 : 1), Journal = journal }, cancellationToken);

    /// <summary>
    /// Stores that the owner has let go of the run in good order, which goes on with the next: taking it is then no recovery. Its state stays,
    /// and with it its place in the queue.
    /// </summary>
    /// <param name="journal">The journal from now on.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StaleGenerationException">Another process owns the run.</exception>
    public Task LetGoAsync(IReadOnlyList<LogSegment>? journal, CancellationToken cancellationToken) =>
        SwapHeadAsync(Head with { Owner = null, Journal = journal }, cancellationToken);

    /// <summary>Stores what happened in the run.</summary>
    /// <param name="journal">The journal from now on.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StaleGenerationException">Another process owns the run.</exception>
    public Task SetJournalAsync(IReadOnlyList<LogSegment> journal, CancellationToken cancellationToken) =>
        SwapHeadAsync(Head with { Journal = journal }, cancellationToken);

    /// <summary>Those of some blobs that are not there in full length; garbage collection sees all others as new.</summary>
    /// <param name="store">The store.</param>
    /// <param name="blobs">The blobs.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlySet<BlobRef>> FindMissingAsync(
        IBlobStore store, IEnumerable<BlobRef> blobs, CancellationToken cancellationToken)
    {
        var missing = new HashSet<BlobRef>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(blobs, options, async (blob, token) =>
        {
            if (await store.RenewAsync(blob, token).ConfigureAwait(false)) return;
            lock (missing) missing.Add(blob);
        }).ConfigureAwait(false);
        return missing;
    }

    // A head never names what is not there, or what garbage collection may be about to delete: new blobs are checked again, after
    // everything that may have happened since they were written.
    private static async Task CheckBlobsAsync(IBlobStore store, IEnumerable<BlobRef> added, CancellationToken cancellationToken)
    {
        if ((await FindMissingAsync(store, added, cancellationToken).ConfigureAwait(false)).FirstOrDefault() is { } blob)
            throw new IOException($"{store.Location}: blob {blob.Sha256} is not there, though it was written; nothing was committed");
    }

    private async Task SwapHeadAsync(RunHead head, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var json = ToJson(head);
            _unsure.Add(head);
            try
            {
                _etag = await _store.PutDocumentAsync(HeadPath(Head.Run), json, _etag, cancellationToken).ConfigureAwait(false);
                break;
            }
            catch (ETagMismatchException)
            {
                var document = await _store.GetDocumentAsync(HeadPath(Head.Run), cancellationToken).ConfigureAwait(false);
                if (document is null) throw await ExplainMissingAsync(_store, Head.Run, cancellationToken).ConfigureAwait(false);
                var own = _unsure.Find(h => document.Content.AsSpan().SequenceEqual(ToJson(h)));

                // Neither the head that was read nor one of our own: another owner was here.
                if (own is null && document.ETag != _etag)
                    throw new StaleGenerationException(Head.Run, Generation, Parse(document, Head.Run, _store).Generation);
                _etag = document.ETag;
                if (document.Content.AsSpan().SequenceEqual(json)) break;

                // The refusal was wrong, or a write that was given up succeeded after all.
                if (attempt == MaxRefusals) throw;
                if (own?.Step > head.Step) head = head with { Step = own.Step, Manifest = own.Manifest, Kept = own.Kept };
            }
        }

        Head = head;
        _unsure.Clear();
    }

    // A run that was there and is not.
    private static async Task<IOException> ExplainMissingAsync(IBlobStore store, string run, CancellationToken cancellationToken) =>
        await StoreFormat.ExistsAsync(store, cancellationToken).ConfigureAwait(false)
            ? StaleGenerationException.OfDeleted(run, store.Location)
            : StoreRefusedException.OfGone(store.Location, $"no {HeadPath(run)}, no {StoreFormat.DocumentName}");

    private static IEnumerable<BlobRef> Blobs(IReadOnlyList<LogSegment>? log) => (log ?? []).Select(s => s.Blob);
}
