using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <summary>What a part offers to its next holders, in one generation of its run. Used on the device's thread.</summary>
/// <param name="exchange">Where tensors change hands.</param>
/// <param name="run">The run.</param>
internal sealed class OfferedTensors(ITensorExchange exchange, string run)
{
    private readonly List<TensorTicket> _tickets = [];
    private long _generation;

    /// <summary>Takes back what was offered to an earlier generation: several replicas of one may ask.</summary>
    public void Begin(long generation)
    {
        if (generation != _generation) Discard();
        _generation = generation;
    }

    /// <summary>Offers tensors, without copying them.</summary>
    public IReadOnlyList<TensorTicket> Add(IEnumerable<NamedTensor> tensors)
    {
        TensorTicket[] tickets = [.. tensors.Select(t => exchange.Publish(t.Value, run, _generation))];
        _tickets.AddRange(tickets);
        return tickets;
    }

    /// <summary>Takes everything back.</summary>
    public void Discard()
    {
        foreach (var ticket in _tickets) exchange.Discard(ticket);
        _tickets.Clear();
    }
}
