using System.Collections.Concurrent;
using LisaOrleans.Grains;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>Tensors that change hands within this silo, by reference. Owns a tensor from Publish to Claim.</summary>
internal sealed class LocalTensorExchange : ITensorExchange, IDisposable
{
    private readonly ConcurrentDictionary<long, Tensor> _tensors = new();
    private readonly string _silo = Guid.NewGuid().ToString("N");
    private long _last;

    public TensorTicket Publish(Tensor tensor)
    {
        var ticket = new TensorTicket(_silo, Interlocked.Increment(ref _last));
        _tensors[ticket.Id] = tensor;
        return ticket;
    }

    public ValueTask<Tensor> Claim(TensorTicket ticket, CancellationToken cancellationToken) =>
        ticket.Silo == _silo && _tensors.TryRemove(ticket.Id, out var tensor)
            ? ValueTask.FromResult(tensor)
            : throw new InvalidOperationException($"ticket {ticket.Id} of silo {ticket.Silo} was claimed before, or is not from here");

    public void Discard(TensorTicket ticket)
    {
        if (ticket.Silo == _silo && _tensors.TryRemove(ticket.Id, out var tensor)) tensor.Dispose();
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values) tensor.Dispose();
        _tensors.Clear();
    }
}
