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

        var (wrong, missing, done) = (new ConcurrentDictionary<int, StoreFault>(), new ConcurrentBag<int>(), 0);
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(all.Index(), options, async (item, token) =>
        {
            var (fault, isMissing) = await FindFaultAsync(store, item.Item, contents, token).ConfigureAwait(false);
            if (fault is not null) wrong[item.Index] = fault;
            if (isMissing) missing.Add(item.Index);
            read?.Invoke(Interlocked.Increment(ref done), all.Length);
        }).ConfigureAwait(false);

        // What was missed may only have had its time: nothing names it any more, because its run went on while others were read.
        var now = missing.IsEmpty ? contents : await StoreContents.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        var stillUsed = now.Used.ToDictionary(u => u.Blob.Sha256);
        foreach (var index in missing)
        {
            wrong.TryRemove(index, out _);
            if (stillUsed.GetValueOrDefault(all[index].Blob.Sha256) is { } still
                && await FindFaultAsync(store, still, now, cancellationToken).ConfigureAwait(false) is ({ } fault, _)) wrong[index] = fault;
        }

        var damaged = wrong.Values.Select(f => f.Sha256).ToHashSet();
        return (contents,
        [
            .. contents.Faults,

            // A manifest whose bytes are wrong is named once, as a blob.
            .. contents.Runs.SelectMany(r => r.Faults).Where(f => f.Sha256 is null || !damaged.Contains(f.Sha256)),
            .. wrong.OrderBy(f => f.Key).Select(f => f.Value),
        ]);
    }

    private static async Task<(StoreFault? Fault, bool IsMissing)> FindFaultAsync(
        IBlobStore store, UsedBlob used, StoreContents contents, CancellationToken cancellationToken)
    {
        var (sha256, what) = (used.Blob.Sha256, used.What.Length > 0 ? used.What : null);
        try
        {
            var stored = contents.Blobs.GetValueOrDefault(sha256) ?? throw new BlobMissingException(sha256, store.Location);
            var length = used.Blob.Length < 0 ? stored.Length : used.Blob.Length;
            if (await IsWholeAsync(length).ConfigureAwait(false)) return (null, false);

            // Where the blob is whole, nothing of it is to be repaired: whoever names it is wrong.
            return length != stored.Length && await IsWholeAsync(stored.Length).ConfigureAwait(false)
                ? (new StoreFault(
                    null, $"{store.Location}: {what} is named with a length of {length} bytes, but blob {sha256} is whole and has "
                        + $"{stored.Length}; bring back from a copy what names it"), false)
                : (new StoreFault(sha256, new BlobCorruptException(sha256, store.Location, what).Message), false);
        }
        catch (BlobMissingException)
        {
            // Where nobody names it, somebody has just deleted it.
            return what is null ? (null, false) : (new StoreFault(sha256, new BlobMissingException(sha256, store.Location, what).Message), true);
        }

        async Task<bool> IsWholeAsync(long length)
        {
            try
            {
                (await store.ReadAsync(new BlobRef(sha256, length), cancellationToken).ConfigureAwait(false)).Dispose();
                return true;
            }
            catch (BlobCorruptException)
            {
                return false;
            }
        }
    }
}
