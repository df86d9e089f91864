using System.Runtime.CompilerServices;

namespace LisaOrleans.Checkpoints;

/// <summary>The runs in a store that are to go on.</summary>
public static class ActiveRuns
{
    // Most of a store's runs have ended, but only their heads say so.
    private const int AtOneTime = 16;

    /// <summary>The heads of the runs that a cluster is to go on with.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cluster">The cluster; null for runs of single processes.</param>
    /// <param name="damaged">Called for runs whose head cannot be read: they do not hide the others.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async IAsyncEnumerable<RunHead> ListAsync(
        IBlobStore store, string? cluster, Action<InvalidDataFileException> damaged, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var runs in RunStore.ListRunsAsync(store, cancellationToken).Chunk(AtOneTime).ConfigureAwait(false))
        {
            foreach (var (head, damage) in await Task.WhenAll(runs.Select(run => ReadAsync(store, run, cancellationToken))).ConfigureAwait(false))
            {
                if (damage is not null) damaged(damage);
                if (head?.IsActive == true && head.Cluster == cluster) yield return head;
            }
        }
    }

    private static async Task<(RunHead? Head, InvalidDataFileException? Damage)> ReadAsync(
        IBlobStore store, string run, CancellationToken cancellationToken)
    {
        try
        {
            return (await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false), null);
        }
        catch (InvalidDataFileException e)
        {
            return (null, e);
        }
    }
}
