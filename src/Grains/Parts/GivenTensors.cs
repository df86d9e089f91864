using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>
/// What a part has last published for other replicas, which is given up when its generation ends. Used within one grain's turns.
/// </summary>
internal sealed class GivenTensors(PartServices services, PartDevice device, string run)
{
    private IReadOnlyList<TensorTicket> _tickets = [];
    private int _resets;

    /// <summary>
    /// Publishes tensors on the device, in the place of those before; gives them up at once where the generation has ended meanwhile.
    /// </summary>
    /// <param name="generation">The run's generation.</param>
    /// <param name="give">Makes what is to be given, and publishes its tensors by way of the function that it gets.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<T> Give<T>(long generation, Func<Func<Tensor, TensorTicket>, T> give, CancellationToken cancellationToken)
    {
        var (resets, tickets) = (_resets, new List<TensorTicket>());
        var given = await device.Run(generation, () => give(Publish), cancellationToken: cancellationToken);
        if (resets == _resets)
        {
            _tickets = tickets;
            return given;
        }

        foreach (var ticket in tickets) services.Exchange.Discard(ticket);
        throw new OperationCanceledException($"generation {generation} of {run} has ended");

        TensorTicket Publish(Tensor tensor)
        {
            var ticket = services.Exchange.Publish(tensor, run, generation);
            tickets.Add(ticket);
            return ticket;
        }
    }

    /// <summary>Nobody claims them any more.</summary>
    public void Reset()
    {
        _resets++;
        foreach (var ticket in _tickets) services.Exchange.Discard(ticket);
        _tickets = [];
    }
}
