using System.Diagnostics;

namespace LisaOrleans.Grains;

/// <summary>A part in each replica of a run, and what goes from one to the others.</summary>
/// <param name="Name">The part's name.</param>
/// <param name="Grains">Its grain in each replica.</param>
/// <param name="OwnersReplica">The replica that keeps its optimizer state.</param>
internal sealed record PartReplicas(string Name, IReadOnlyList<IPartGrain> Grains, int OwnersReplica)
{
    /// <summary>The one that keeps the optimizer state.</summary>
    public IPartGrain Owner => Grains[OwnersReplica];

    /// <summary>The replicas without state.</summary>
    public IEnumerable<int> Others => Enumerable.Range(0, Grains.Count).Where(r => r != OwnersReplica);

    /// <summary>
    /// Sends the owner what another replica sums of a step's gradients, as soon as its last micro-batch has gone backward through the part:
    /// meanwhile the parts below are still at work.
    /// </summary>
    public async Task SendGradients(
        long generation, long step, int replica, int microBatches, ReplicaTransfers transfers, CancellationToken cancellationToken)
    {
        var sums = await Grains[replica].GiveGradients(generation, step, microBatches, cancellationToken);
        var begun = Stopwatch.GetTimestamp();
        await Owner.AddGradients(generation, step, sums, cancellationToken);
        transfers.Sums(sums.Select(s => s.Sum), begun);
    }

    /// <summary>Sends the owner's weights of a step to the other replicas, once they are there.</summary>
    /// <param name="ready">Ends when the owner has them.</param>
    /// <param name="generation">The run's generation.</param>
    /// <param name="step">The step.</param>
    /// <param name="transfers">Notes what was sent; null where that belongs to no step.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task SendWeights(Task ready, long generation, long step, ReplicaTransfers? transfers, CancellationToken cancellationToken)
    {
        await ready;
        int[] others = [.. Others];
        if (others.Length == 0) return;
        var weights = await Owner.GiveWeights(generation, step, others.Length, cancellationToken);
        await Task.WhenAll(others.Zip(weights, Send));

        async Task Send(int replica, IReadOnlyList<TensorTicket> tickets)
        {
            var begun = Stopwatch.GetTimestamp();
            var waited = await Grains[replica].TakeWeights(generation, step, tickets, cancellationToken);
            transfers?.Weights(tickets, begun, waited);
        }
    }
}
