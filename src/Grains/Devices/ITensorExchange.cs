using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>Hands tensors from one part to the next. In one silo nothing is copied.</summary>
public interface ITensorExchange
{
    /// <summary>Takes ownership of a tensor and gives a ticket for it, which is good for one <see cref="Claim"/>.</summary>
    TensorTicket Publish(Tensor tensor);

    /// <summary>The tensor of a ticket, on this silo's device; the caller owns it.</summary>
    ValueTask<Tensor> Claim(TensorTicket ticket, CancellationToken cancellationToken);

    /// <summary>Frees the tensor of a ticket that nobody will claim. Nothing if it was claimed.</summary>
    void Discard(TensorTicket ticket);
}
