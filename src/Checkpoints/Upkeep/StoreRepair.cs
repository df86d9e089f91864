namespace LisaOrleans.Checkpoints;

/// <summary>Puts damaged and missing blobs back, from a store that has them whole, or from what they were made of.</summary>
public static class StoreRepair
{
    /// <summary>
    /// Writes a blob, and makes sure that what is there is whole: a store takes for that what has the length. So a blob that was there
    /// is read; it takes no longer than to write it, and whoever names it has to read it anyway.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="blob">The blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task PutWholeAsync(IBlobStore store, IBlobSource blob, CancellationToken cancellationToken)
    {
        var named = new BlobRef(blob.Sha256, blob.Length);
        if (await store.PutAsync(blob, cancellationToken).ConfigureAwait(false)
            || await IsWholeAsync(store, named, cancellationToken).ConfigureAwait(false)) return;
        var damaged = await store.ListAsync(cancellationToken).FirstOrDefaultAsync(b => b.Sha256 == blob.Sha256, cancellationToken)
            .ConfigureAwait(false);
        if (damaged is not null) await store.DeleteAsync(damaged, cancellationToken).ConfigureAwait(false);
        await store.PutAsync(blob, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether a blob is there with the bytes of its name. All of it is read.</summary>
    /// <param name="store">The store.</param>
    /// <param name="blob">The blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<bool> IsWholeAsync(IBlobStore store, BlobRef blob, CancellationToken cancellationToken)
    {
        try
        {
            (await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false)).Dispose();
            return true;
        }
        catch (DamagedBlobException)
        {
            return false;
        }
    }

    /// <summary>Repairs what was found to be wrong. May be killed at any moment, and repeated.</summary>
    /// <param name="store">The store.</param>
    /// <param name="faults">What is wrong with it; see <see cref="StoreVerifier"/>.</param>
    /// <param name="peer">The store with the whole blobs; it is only read.</param>
    /// <param name="cancellationToken">Stops between two blobs.</param>
    /// <returns>Blobs and bytes that were put back, and what could not be.</returns>
    public static async Task<(int Blobs, long Bytes, IReadOnlyList<StoreFault> Left)> RepairAsync(
        IBlobStore store, IReadOnlyList<StoreFault> faults, IBlobStore peer, CancellationToken cancellationToken)
    {
        var there = await store.ListAsync(cancellationToken)
            .ToDictionaryAsync(b => b.Sha256, cancellationToken: cancellationToken).ConfigureAwait(false);
        var lengths = await peer.ListAsync(cancellationToken)
            .ToDictionaryAsync(b => b.Sha256, b => b.Length, cancellationToken: cancellationToken).ConfigureAwait(false);
        var (blobs, bytes, left) = (0, 0L, new List<StoreFault>());
        foreach (var fault in faults)
        {
            if (fault.Sha256 is not { } sha256 || !lengths.TryGetValue(sha256, out var length))
            {
                left.Add(fault);
                continue;
            }

            try
            {
                // Verified before anything is touched: a damaged blob is still better than none.
                using var content = await peer.ReadAsync(new BlobRef(sha256, length), cancellationToken).ConfigureAwait(false);
                if (there.TryGetValue(sha256, out var damaged)) await store.DeleteAsync(damaged, cancellationToken).ConfigureAwait(false);
                await store.PutAsync(new ContentBlob(sha256, content), cancellationToken).ConfigureAwait(false);
                (blobs, bytes) = (blobs + 1, bytes + length);
            }
            catch (DamagedBlobException e) when (e.Location == peer.Location)
            {
                left.Add(fault);
            }
        }

        return (blobs, bytes, left);
    }
}
