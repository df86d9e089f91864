using System.Runtime.CompilerServices;

namespace LisaOrleans.Checkpoints;

/// <summary>The runs in a store that are to go on.</summary>
public static class ActiveRuns
{
    /// <summary>The heads of the runs that a cluster is to go on with.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cluster">The cluster; null for runs of single processes.</param>
    /// <param name="damaged">Called for runs whose head cannot be read: they do not hide the others.</param>
    /// <param name="cancellationToken">Gives up between two runs.</param>
    public static async IAsyncEnumerable<RunHead> ListAsync(
        IBlobStore store, string? cluster, Action<InvalidDataFileException> damaged, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var run in RunStore.ListRunsAsync(store, cancellationToken).ConfigureAwait(false))
        {
            RunHead? head = null;
            try
            {
                head = await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidDataFileException e)
            {
                damaged(e);
            }

            if (head?.IsActive == true && head.Cluster == cluster) yield return head;
        }
    }
}
