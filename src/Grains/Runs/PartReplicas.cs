using System.Diagnostics;

namespace LisaOrleans.Grains;

/// <summary>A part in each replica of a run, and what goes from one to the others.</summary>
/// <param name="Name">The part's name.</param>
/// <param name="Grains">Its grain in each replica.</param>
/// <param name="Silos">Its silo in each replica.</param>
/// <param name="OwnersReplica">The replica that keeps its optimizer state.</param>
internal sealed record PartReplicas(string Name, IReadOnlyList<IPartGrain> Grains, IReadOnlyList<string> Silos, int OwnersReplica)
{
    /// <summary>The one that keeps the optimizer state.</summary>
    public IPartGrain Owner => Grains[OwnersReplica];

    /// <summary>The silo of that one.</summary>
    public string OwnersSilo => Silos[OwnersReplica];

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
        transfers.Sums(sums.SelectMany(s => s.Tickets), begun);
    }

    /// <summary>Sends the owner's weights of a step to the other replicas, once they are there.</summary>
    /// <param name="ready">Ends when the owner has them.</param>
    /// <param name="generation">The run's generation.</param>
    /// <param name="step">The step.</param>
    /// <param name="rows">For each of the others, the rows that it is to get of the table that has one for each token; null for all.</param>
    /// <param name="queues">What is sent before them.</param>
    /// <param name="transfers">Notes what was sent; null where that belongs to no step.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task SendWeights(
        Task ready, long generation, long step, IReadOnlyList<int[]?> rows, TransferQueues queues, ReplicaTransfers? transfers,
        CancellationToken cancellationToken)
    {
        int[] others = [.. Others];
        if (others.Length == 0) return ready;
        var given = Give();

        // Where a transfer before them fails, nobody asks for them.
        given.Ignore();
        return Task.WhenAll(others.Select((replica, i) => queues.Add(Silos[OwnersReplica], Silos[replica], () => Send(replica, i))));

        async Task<IReadOnlyList<IReadOnlyList<TensorTicket>>> Give()
        {
            await ready;
            return await Owner.GiveWeights(generation, step, rows, cancellationToken);
        }

        async Task Send(int replica, int place)
        {
            var tickets = (await given)[place];
            var begun = Stopwatch.GetTimestamp();
            var waited = await Grains[replica].TakeWeights(generation, step, tickets, rows[place], cancellationToken);
            transfers?.Weights(tickets, begun, waited);
        }
    }
}
