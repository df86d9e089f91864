using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>Hands tensors from one part to the next: by reference in one silo, through the tensor transport between silos.</summary>
public interface ITensorExchange
{
    /// <summary>Takes ownership of a tensor and gives a ticket for it, which is good for one <see cref="Claim"/>.</summary>
    /// <param name="tensor">A tensor that nobody changes any more.</param>
    /// <param name="run">The run that it belongs to.</param>
    /// <param name="generation">The run's generation; its tickets are void once it ends.</param>
    TensorTicket Publish(Tensor tensor, string run, long generation);

    /// <summary>The tensor of a ticket, on this silo's device; the caller owns it.</summary>
    /// <exception cref="IOException">Its holder is gone, or does not have it any more.</exception>
    ValueTask<Tensor> Claim(TensorTicket ticket, CancellationToken cancellationToken);

    /// <summary>
    /// As <see cref="Claim"/>, but in CPU memory that is meant to be kept, and contiguous: for weights and optimizer state.
    /// </summary>
    /// <exception cref="IOException">Its holder is gone, or does not have it any more.</exception>
    ValueTask<Tensor> ClaimToKeep(TensorTicket ticket, CancellationToken cancellationToken);

    /// <summary>
    /// Frees the tensor of a ticket that nobody will claim. Does nothing if it was claimed or is held elsewhere.
    /// </summary>
    void Discard(TensorTicket ticket);

    /// <summary>Frees what earlier generations of a run have left here.</summary>
    void DiscardBefore(string run, long generation);
}
