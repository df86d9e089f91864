using System.Security.Cryptography;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Deletes blobs that nothing in the store names: neither a run's manifests or journal, nor a field <c>sha256</c> of any
/// other document, whoever wrote it, nor a manifest that such a document names in a field <c>manifest</c>. So a process that knows nothing of the API, for example, still spares what the API keeps.
/// </summary>
public static class GarbageCollector
{
    private const int ReadsAtOnce = 8;

    // The least that is to be known of the store's time.
    private static readonly TimeSpan s_lateness = TimeSpan.FromMinutes(1);

    // An upload may take long, and nothing tells whether somebody still works on it.
    private static readonly TimeSpan s_unfinishedAge = TimeSpan.FromHours(1);

    /// <summary>
    /// The least age at which a collection is safe while other processes write: a blob that is less than a minute old is not made new for
    /// those who find it, and some of them name it only a moment later.
    /// </summary>
    public static TimeSpan SafeAge { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Deletes them.</summary>
    /// <param name="store">The store.</param>
    /// <param name="minimumAge">
    /// Younger blobs are spared: they may belong to a manifest that is being written. At least <see cref="SafeAge"/> where anybody else
    /// may be at work.
    /// </param>
    /// <param name="time">The clock; where it is ahead of the store's, that counts.</param>
    /// <param name="cancellationToken">Stops between two deletions; what is left is whole.</param>
    public static Task<GarbageReport> CollectAsync(
        IBlobStore store, TimeSpan minimumAge, TimeProvider time, CancellationToken cancellationToken) =>
        CollectAsync(store, null, minimumAge, time, cancellationToken);

    /// <summary>Deletes among given blobs only: those that a run knows it has replaced.</summary>
    /// <param name="store">The store.</param>
    /// <param name="only">Names of blobs; null for all.</param>
    /// <param name="minimumAge">Younger blobs are spared: another run may just have found them there.</param>
    /// <param name="time">The clock; where it is ahead of the store's, that counts.</param>
    /// <param name="cancellationToken">Stops between two deletions; what is left is whole.</param>
    public static async Task<GarbageReport> CollectAsync(
        IBlobStore store, IReadOnlySet<string>? only, TimeSpan minimumAge, TimeProvider time, CancellationToken cancellationToken)
    {
        // Lists first, then looks at what is named: a blob that becomes named in between counts as named.
        var (blobs, now) = await ListAsync(store, only, cancellationToken).ConfigureAwait(false);
        if (only is not null && blobs.Count == 0) return new GarbageReport(0, 0, 0);
        if (time.GetUtcNow() - now > s_lateness && minimumAge > TimeSpan.Zero)
            now = await AskTimeAsync(store, time, cancellationToken).ConfigureAwait(false) ?? now;
        if (now > time.GetUtcNow()) now = time.GetUtcNow();

        var found = await FindAsync(store, blobs, minimumAge, now, cancellationToken).ConfigureAwait(false);
        var (deleted, bytes, spared) = (0, 0L, found.Young.ToList());
        foreach (var blob in found.Old)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await store.DeleteAsync(blob, cancellationToken).ConfigureAwait(false)) (deleted, bytes) = (deleted + 1, bytes + blob.Length);
            else spared.Add(blob);
        }

        var unfinishedAge = minimumAge > s_unfinishedAge ? minimumAge : s_unfinishedAge;
        if (only is null) await store.DeleteUnfinishedAsync(unfinishedAge, now, cancellationToken).ConfigureAwait(false);
        return new GarbageReport(found.Candidates - deleted, deleted, bytes) { Spared = spared };
    }

    /// <summary>Finds what a collection would delete now, and deletes nothing.</summary>
    /// <param name="store">The store.</param>
    /// <param name="minimumAge">Younger blobs are spared.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<Garbage> FindAsync(IBlobStore store, TimeSpan minimumAge, TimeProvider time, CancellationToken cancellationToken)
    {
        var (blobs, _) = await ListAsync(store, only: null, cancellationToken).ConfigureAwait(false);
        return await FindAsync(store, blobs, minimumAge, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
    }

    // With the time at which the newest blob of all was written.
    private static async Task<(List<StoredBlob> Blobs, DateTimeOffset Newest)> ListAsync(
        IBlobStore store, IReadOnlySet<string>? only, CancellationToken cancellationToken)
    {
        var (blobs, newest) = (new List<StoredBlob>(), DateTimeOffset.UnixEpoch);
        await foreach (var blob in store.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (blob.LastModified > newest) newest = blob.LastModified;
            if (only?.Contains(blob.Sha256) != false) blobs.Add(blob);
        }

        return (blobs, newest);
    }

    private static async Task<Garbage> FindAsync(
        IBlobStore store, IReadOnlyList<StoredBlob> blobs, TimeSpan minimumAge, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var named = new HashSet<string>();
        var runs = RunStore.ListRunsAsync(store, cancellationToken);
        var options = new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(runs, options, async (run, token) =>
        {
            if (await RunStore.ReadHeadAsync(store, run, token).ConfigureAwait(false) is not { } head) return;
            IEnumerable<string> names = (head.Journal ?? []).Select(s => s.Blob.Sha256);
            if (head.Manifest is not null)
            {
                var manifests = await RunManifests.OfAsync(store, head, token).ConfigureAwait(false);
                names = await manifests.NamedAsync(token).ConfigureAwait(false);
            }

            lock (named) named.UnionWith(names);
        }).ConfigureAwait(false);

        await foreach (var (_, names, _, fault) in DocumentBlobs.ReadAsync(store, cancellationToken).ConfigureAwait(false))
        {
            // What it names cannot be known, so nothing may be deleted.
            if (fault is not null) throw fault;
            named.UnionWith(names);
        }

        var byAge = blobs.ToLookup(b => now - b.LastModified >= minimumAge);
        return new Garbage(byAge[true].Count(), Unnamed(byAge[true]), Unnamed(byAge[false]));

        IReadOnlyList<StoredBlob> Unnamed(IEnumerable<StoredBlob> blobs) => [.. blobs.Where(b => !named.Contains(b.Sha256))];
    }

    // What time it is in the store, which only a blob tells that was just written: the clock of this machine may be days ahead. Null
    // where another collection has taken that blob; what is known then is when the newest of the others was written.
    private static async Task<DateTimeOffset?> AskTimeAsync(IBlobStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var asked = new BytesBlob(RandomNumberGenerator.GetBytes(16));
        try
        {
            await store.PutAsync(asked, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (StoreRefusal.Find(e, store.Location) is not null)
        {
            // The disk is full, so nobody else can make anything there either.
            return time.GetUtcNow();
        }

        var written = await store.ListAsync(cancellationToken).FirstOrDefaultAsync(b => b.Sha256 == asked.Sha256, cancellationToken)
            .ConfigureAwait(false);
        if (written is not null) await store.DeleteAsync(written, cancellationToken).ConfigureAwait(false);
        return written?.LastModified;
    }
}
