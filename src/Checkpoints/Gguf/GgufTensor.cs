namespace LisaOrleans.Checkpoints;

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Shape">Dimensions as PyTorch has them, the outermost first; the file has them in reverse order.</param>
public sealed record GgufTensor(string Name, GgufType Type, IReadOnlyList<long> Shape)
{
    /// <summary>Numbers in a row.</summary>
    public long Width => Shape[^1];

    /// <summary>Rows of <see cref="Width"/> numbers.</summary>
    public long Rows => Shape.Take(Shape.Count - 1).Aggregate(1L, (product, dimension) => checked(product * dimension));

    /// <summary>Bytes in the file, without what aligns the next tensor.</summary>
    public long Length => checked(Rows * GgufRows.Bytes(Type, Width));
}
