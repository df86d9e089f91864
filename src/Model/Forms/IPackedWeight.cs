using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A weight as fewer bits. Owns them. The same exact weight always gives the same bits.</summary>
public interface IPackedWeight : IDisposable
{
    /// <summary>Bytes that it takes.</summary>
    long Bytes { get; }

    /// <summary>Whether the exact weight is not needed beside it.</summary>
    bool ReplacesExact => true;

    /// <summary>
    /// Writes the numbers that it stands for into a contiguous tensor of the weight's shape, on its device, past autograd: for
    /// autograd the tensor has not changed.
    /// </summary>
    void Unpack(Tensor target);
}
