namespace LisaOrleans.Checkpoints;

/// <summary>What is in a store: its runs, what they and the other documents name, and the blobs.</summary>
/// <param name="Runs">The runs, by name.</param>
/// <param name="Documents">Blobs that other documents name, each once.</param>
/// <param name="Blobs">The blobs that are there, by name.</param>
/// <param name="Faults">Documents that cannot be read.</param>
public sealed record StoreContents(
    IReadOnlyList<RunContents> Runs, IReadOnlyList<UsedBlob> Documents, IReadOnlyDictionary<string, StoredBlob> Blobs,
    IReadOnlyList<StoreFault> Faults)
{
    // A run that is being trained names other blobs from one moment to the next.
    private const int MostLooks = 5;

    /// <summary>Every blob that is named, once, with the first who names it.</summary>
    public IEnumerable<UsedBlob> Used => Runs.SelectMany(r => r.Blobs).Concat(Documents).DistinctBy(b => b.Blob.Sha256);

    /// <summary>Reads it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<StoreContents> ReadAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        for (var look = 1; ; look++)
        {
            // What is named first, then what is there: what is written in between does not seem to be missing. What was deleted in
            // between does, if its run has moved on; then it is looked at again.
            var (runs, documents, faults) = (new List<RunContents>(), new Dictionary<string, UsedBlob>(), new List<StoreFault>());
            foreach (var run in (await RunStore.ListRunsAsync(store, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false))
                .Order(StringComparer.Ordinal))
            {
                if (await RunContents.ReadAsync(store, run, cancellationToken).ConfigureAwait(false) is { } contents) runs.Add(contents);
            }

            await foreach (var (path, names, _, fault) in DocumentBlobs.ReadAsync(store, cancellationToken).ConfigureAwait(false))
            {
                foreach (var sha256 in names) documents.TryAdd(sha256, new UsedBlob(new BlobRef(sha256, -1), $"a blob that {path} names"));
                if (fault is not null) faults.Add(new StoreFault(null, fault.Message));
            }

            var blobs = await store.ListAsync(cancellationToken).ToDictionaryAsync(b => b.Sha256, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            var found = new StoreContents(runs, [.. documents.Values], blobs, faults);
            if (look == MostLooks || !await found.HaveRunsMovedAsync(store, cancellationToken).ConfigureAwait(false)) return found;
        }
    }

    // Whether something is missing from a run that names other manifests by now.
    private async Task<bool> HaveRunsMovedAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        foreach (var run in Runs.Where(r => r.Head is not null && r.Blobs.Any(b => !Blobs.ContainsKey(b.Blob.Sha256))))
        {
            if (!run.Head!.HasManifestsOf(await RunStore.ReadHeadAsync(store, run.Run, cancellationToken).ConfigureAwait(false))) return true;
        }

        return false;
    }
}
