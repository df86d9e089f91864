using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// The form in which weights lie in memory while their part does not train. The store keeps the exact weights in any case, and a
/// part that trains has them.
/// </summary>
public interface IWeightForm
{
    /// <summary>Whether weights are used where the store's blob is mapped into memory, instead of being copied.</summary>
    bool IsMapped => false;

    /// <summary>Whether frozen layers compute with the exact numbers: false where <see cref="Packs"/> is true for any weight.</summary>
    bool IsExact => true;

    /// <summary>Whether a weight of a decoder layer is kept as fewer bits, so that a frozen layer computes with other numbers.</summary>
    bool Packs(ParameterSpec parameter) => false;

    /// <summary>Bytes of a decoder layer's weight in memory, apart from mapped files.</summary>
    /// <exception cref="OverflowException">The number does not fit 64 bits.</exception>
    long BytesOf(ParameterSpec parameter, ScalarType dtype);

    /// <summary>Packs a weight for which <see cref="Packs"/> is true. The tensor is only read; the caller owns the result.</summary>
    IPackedWeight Pack(ParameterSpec parameter, Tensor exact) => throw new NotSupportedException($"{GetType().Name} packs nothing");
}
