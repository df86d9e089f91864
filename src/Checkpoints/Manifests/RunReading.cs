namespace LisaOrleans.Checkpoints;

/// <summary>
/// Reads what a manifest names, which may take long. Meanwhile the run may go on, or keep less, and then deletes what its last manifest does
/// not name any more.
/// </summary>
public static class RunReading
{
    private const int MostRounds = 10;

    /// <summary>Reads; and begins again where the manifest has been replaced, and a blob of it is gone.</summary>
    /// <param name="store">The store.</param>
    /// <param name="address">The manifest's address.</param>
    /// <param name="read">Finds the manifest of the address and reads all that is needed of it; called again, it does all of that again.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was read, all of it of one manifest.</returns>
    /// <exception cref="BlobMissingException">A blob is gone, though the address is still that of the same manifest.</exception>
    /// <exception cref="IOException">The run keeps going on before all of a manifest is read.</exception>
    public static async Task<T> FollowAsync<T>(
        IBlobStore store, ManifestAddress address, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        for (var round = 1; ; round++)
        {
            BlobRef? before = null;
            try
            {
                before = await FindAsync(store, address, cancellationToken).ConfigureAwait(false);
                return await read().ConfigureAwait(false);
            }
            catch (BlobMissingException e)
            {
                if (before == await FindAsync(store, address, cancellationToken).ConfigureAwait(false)) throw;
                if (round < MostRounds) continue;
                throw new IOException(
                    $"{store.Location}: run '{address.Run}' has replaced its manifest {MostRounds} times before all of it was read; pause the run, "
                    + "or name a manifest that it keeps", e);
            }
        }
    }

    private static async Task<BlobRef?> FindAsync(IBlobStore store, ManifestAddress address, CancellationToken cancellationToken)
    {
        // The last one is there whatever happened to the list of the others.
        if (address is { Step: null, IsBest: false })
            return (await RunStore.ReadHeadAsync(store, address.Run, cancellationToken).ConfigureAwait(false))?.Manifest;
        return (await RunManifests.FindAsync(store, address.Run, cancellationToken).ConfigureAwait(false))?.Find(address);
    }
}
