namespace LisaOrleans.Checkpoints;

/// <summary>Which runs of a store somebody works on, by their leases.</summary>
public static class HeldRuns
{
    /// <summary>A run that somebody works on, in any state: an import holds one that is not there yet. Null for none.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<string?> FindAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        await foreach (var path in store.ListDocumentsAsync(RunStore.Prefix, cancellationToken).ConfigureAwait(false))
            if (LeaseStorage.RunOf(path) is { } run && await IsHeldAsync(store, run, cancellationToken).ConfigureAwait(false)) return run;
        return null;
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
