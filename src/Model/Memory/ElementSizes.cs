using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Sizes of the dtypes that weights, activations and optimizer state are in, and the numbers of rows.</summary>
public static class ElementSizes
{
    /// <summary>Bytes of one element.</summary>
    /// <exception cref="NotSupportedException">Nothing of a run is in this dtype.</exception>
    public static int ElementSize(this ScalarType dtype) => dtype switch
    {
        ScalarType.Int64 => 8,
        ScalarType.Float32 => 4,
        ScalarType.Byte => 1,
        ScalarType.BFloat16 or ScalarType.Float16 => 2,
        _ => throw new NotSupportedException($"tensors of type {dtype}"),
    };
}
