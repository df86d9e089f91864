namespace LisaOrleans.Checkpoints;

/// <summary>Which runs of a store somebody works on, by their leases.</summary>
public static class HeldRuns
{
    // Whether somebody still writes a lease is known only after a while, so many are watched at one time.
    private const int AtOnce = 32;

    /// <summary>A run that somebody works on, in any state: an import holds one that is not there yet. Null for none.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<string?> FindAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        string? held = null;
        await ForEachAsync(
            store.ListDocumentsAsync(RunStore.Prefix, cancellationToken),
            async (path, token) =>
            {
                if (held is null && LeaseStorage.RunOf(path) is { } run && await IsHeldAsync(store, run, token).ConfigureAwait(false)) held = run;
            },
            cancellationToken).ConfigureAwait(false);
        return held;
    }

    /// <summary>Does something to many runs, for which their leases may have to be watched, side by side.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="action">What is done to each.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static Task ForEachAsync(
        IAsyncEnumerable<string> runs, Func<string, CancellationToken, ValueTask> action, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            runs, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, action);

    /// <summary>
    /// Ends what the silos of a cluster, which are known to be gone, have left of a lease, so that nobody waits for a sign of them. One that
    /// is still renewed, and one of others, stay.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run; need not exist.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task EndAsync(IBlobStore store, string run, string cluster, CancellationToken cancellationToken)
    {
        var (found, etag, _) = await LeaseStorage.TryReadAsync(store, run, cancellationToken).ConfigureAwait(false);
        if (found is null or { Released: true } || found.Holder.Cluster != cluster) return;
        try
        {
            await LeaseStorage.WriteAsync(store, run, found with { Beat = found.Beat + 1, Released = true }, etag, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (ETagMismatchException)
        {
            // Somebody has it.
        }
    }

    /// <summary>Whether somebody works on a run. Waits if there is no other way to tell.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run; need not exist.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<bool> IsHeldAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        try
        {
            await RunLease.CheckAsync(store, run, RunHolder.ThisProcess, new LeaseOptions(), TimeProvider.System, cancellationToken)
                .ConfigureAwait(false);
            return false;
        }
        catch (RunHeldException)
        {
            return true;
        }
    }
}
