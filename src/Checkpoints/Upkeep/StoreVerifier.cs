using System.Collections.Concurrent;

namespace LisaOrleans.Checkpoints;

/// <summary>Reads all of a store: that every blob has the bytes of its name, and that everything named is there.</summary>
public static class StoreVerifier
{
    // Enough to keep a remote store busy; each holds a blob in memory there.
    private const int AtOnce = 4;

    /// <summary>Verifies a store. Nothing is changed.</summary>
    /// <param name="store">The store.</param>
    /// <param name="read">Told how many blobs have been read, and how many there are; null to tell nobody.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What is in the store, and what is wrong: documents first, then blobs in the order in which runs name them.</returns>
    public static async Task<(StoreContents Contents, IReadOnlyList<StoreFault> Faults)> VerifyAsync(
        IBlobStore store, Action<int, int>? read, CancellationToken cancellationToken)
    {
        var contents = await StoreContents.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        var used = contents.Used.ToList();
        var names = used.Select(u => u.Blob.Sha256).ToHashSet();
        UsedBlob[] all =
        [
            .. used,
            .. contents.Blobs.Values.Where(b => !names.Contains(b.Sha256)).OrderBy(b => b.Sha256, StringComparer.Ordinal)
                .Select(b => new UsedBlob(new BlobRef(b.Sha256, b.Length), "")),
        ];

        var wrong = new ConcurrentDictionary<int, StoreFault>();
        var done = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(all.Index(), options, async (item, token) =>
        {
            var stored = contents.Blobs.GetValueOrDefault(item.Item.Blob.Sha256);
            if (await FindFaultAsync(store, item.Item, stored, token).ConfigureAwait(false) is { } fault) wrong[item.Index] = fault;
            read?.Invoke(Interlocked.Increment(ref done), all.Length);
        }).ConfigureAwait(false);

        var damaged = wrong.Values.Select(f => f.Sha256).ToHashSet();
        return (contents,
        [
            .. contents.Faults,

            // A manifest whose bytes are wrong is named once, as a blob.
            .. contents.Runs.SelectMany(r => r.Faults).Where(f => f.Sha256 is null || !damaged.Contains(f.Sha256)),
            .. wrong.OrderBy(f => f.Key).Select(f => f.Value),
        ]);
    }

    private static async Task<StoreFault?> FindFaultAsync(IBlobStore store, UsedBlob used, StoredBlob? stored, CancellationToken cancellationToken)
    {
        var (sha256, what) = (used.Blob.Sha256, used.What.Length > 0 ? used.What : null);
        if (stored is null) return new StoreFault(sha256, new BlobMissingException(sha256, store.Location, what).Message);
        try
        {
            var length = used.Blob.Length < 0 ? stored.Length : used.Blob.Length;
            (await store.ReadAsync(new BlobRef(sha256, length), cancellationToken).ConfigureAwait(false)).Dispose();
            return null;
        }
        catch (BlobCorruptException)
        {
            return new StoreFault(sha256, new BlobCorruptException(sha256, store.Location, what).Message);
        }
        catch (BlobMissingException) when (what is null)
        {
            // Nobody names it, and somebody has just deleted it.
            return null;
        }
        catch (BlobMissingException)
        {
            return new StoreFault(sha256, new BlobMissingException(sha256, store.Location, what).Message);
        }
    }
}
