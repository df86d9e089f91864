using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A tensor that a part's state consists of.</summary>
/// <param name="Name">Its name in the blob.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="DType">Its dtype in the blob.</param>
public sealed record TensorSpec(string Name, IReadOnlyList<long> Shape, ScalarType DType)
{
    /// <summary>Numbers in it.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));
}
