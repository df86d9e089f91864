namespace LisaOrleans.Checkpoints;

/// <summary>A tensor to be written. Whoever made it keeps the memory alive until then.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Data">Address of its contiguous bytes.</param>
public sealed record TensorSource(string Name, TensorDType DType, IReadOnlyList<long> Shape, nint Data)
{
    /// <summary>Bytes.</summary>
    public long Length => Shape.Aggregate((long)DType.SizeInBytes(), (size, dimension) => checked(size * dimension));
}
