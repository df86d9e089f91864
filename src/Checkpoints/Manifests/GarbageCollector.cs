namespace LisaOrleans.Checkpoints;

/// <summary>
/// Deletes blobs that nothing in the store names: neither a run's manifests or journal, nor a field <c>sha256</c> of any
/// other document, whoever wrote it, nor a manifest that such a document names in a field <c>manifest</c>. So a process that knows nothing of the API, for example, still spares what the API keeps.
/// </summary>
public static class GarbageCollector
{
    /// <summary>Deletes them.</summary>
    /// <param name="store">The store.</param>
    /// <param name="minimumAge">Younger blobs are spared: they may belong to a manifest that is being written.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops between two deletions; what is left is whole.</param>
    public static Task<GarbageReport> CollectAsync(
        IBlobStore store, TimeSpan minimumAge, TimeProvider time, CancellationToken cancellationToken) =>
        CollectAsync(store, null, minimumAge, time, cancellationToken);

    /// <summary>Deletes among given blobs only: those that a run knows it has replaced.</summary>
    /// <param name="store">The store.</param>
    /// <param name="only">Names of blobs; null for all.</param>
    /// <param name="minimumAge">Younger blobs are spared: another run may just have found them there.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops between two deletions; what is left is whole.</param>
    public static async Task<GarbageReport> CollectAsync(
        IBlobStore store, IReadOnlySet<string>? only, TimeSpan minimumAge, TimeProvider time, CancellationToken cancellationToken)
    {
        var (candidates, garbage) = await FindAsync(store, only, minimumAge, time, cancellationToken).ConfigureAwait(false);
        var (deleted, bytes) = (0, 0L);
        foreach (var blob in garbage)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!await store.DeleteAsync(blob, cancellationToken).ConfigureAwait(false)) continue;
            (deleted, bytes) = (deleted + 1, bytes + blob.Length);
        }

        if (only is null) await store.DeleteUnfinishedAsync(minimumAge, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return new GarbageReport(candidates - deleted, deleted, bytes);
    }

    /// <summary>Finds what a collection would delete now, and deletes nothing.</summary>
    /// <param name="store">The store.</param>
    /// <param name="only">Names of blobs; null for all.</param>
    /// <param name="minimumAge">Younger blobs are spared.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>How many blobs are old enough, and those of them that nothing names.</returns>
    public static async Task<(int Candidates, IReadOnlyList<StoredBlob> Garbage)> FindAsync(
        IBlobStore store, IReadOnlySet<string>? only, TimeSpan minimumAge, TimeProvider time, CancellationToken cancellationToken)
    {
        // Lists first, then looks at what is named: a blob that becomes named in between counts as named.
        var (candidates, now) = (new List<StoredBlob>(), DateTimeOffset.MinValue);
        await foreach (var blob in store.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (blob.LastModified > now) now = blob.LastModified;
            if (only?.Contains(blob.Sha256) != false) candidates.Add(blob);
        }

        // In a full collection, ages are counted from the newest blob at most: the clock of this machine may be days ahead of the
        // store's.
        if (only is not null || now > time.GetUtcNow()) now = time.GetUtcNow();
        candidates.RemoveAll(b => now - b.LastModified < minimumAge);

        var named = new HashSet<string>();
        await foreach (var run in RunStore.ListRunsAsync(store, cancellationToken).ConfigureAwait(false))
        {
            var head = await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false);
            named.UnionWith(head?.Journal?.Select(s => s.Blob.Sha256) ?? []);
            if (head?.Manifest is null) continue;
            var manifests = await RunManifests.OfAsync(store, head, cancellationToken).ConfigureAwait(false);
            named.UnionWith(await manifests.NamedAsync(cancellationToken).ConfigureAwait(false));
        }

        await AddNamedInDocumentsAsync(store, named, cancellationToken).ConfigureAwait(false);
        return (candidates.Count, [.. candidates.Where(b => !named.Contains(b.Sha256))]);
    }

    private static async Task AddNamedInDocumentsAsync(IBlobStore store, HashSet<string> named, CancellationToken cancellationToken)
    {
        await foreach (var (_, names, _, fault) in DocumentBlobs.ReadAsync(store, cancellationToken).ConfigureAwait(false))
        {
            // What it names cannot be known, so nothing may be deleted.
            if (fault is not null) throw fault;
            named.UnionWith(names);
        }
    }
}
