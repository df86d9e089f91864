using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A matrix, or several in one tensor (the experts of gpt-oss), as packed forms see it.</summary>
/// <param name="Matrices">How many there are.</param>
/// <param name="Rows">Rows of each.</param>
/// <param name="Columns">Numbers in a row.</param>
/// <param name="OutputsLast">Whether columns are outputs, and not rows.</param>
internal sealed record PackedMatrix(long Matrices, long Rows, long Columns, bool OutputsLast)
{
    /// <value>
    /// Numbers that are packed at a time, and a whole number of blocks: 4 MiB in float32, so that what is in between takes less than
    /// activations do.
    /// </value>
    public const long Piece = 1L << 20;

    /// <summary>Outputs of all matrices.</summary>
    public long Outputs => checked(Matrices * (OutputsLast ? Columns : Rows));

    /// <summary>Whether a parameter of a decoder layer is a matrix: norms and biases are not, and do not decay.</summary>
    public static bool IsMatrix(ParameterSpec parameter) => parameter is { Decay: true, PerToken: false, Shape.Count: >= 2 };

    /// <summary>A tensor without values that outlives many steps; the caller owns it.</summary>
    public static Tensor Keep(long[] shape, ScalarType dtype, Device device)
    {
        using var memory = HostMemory.LongLived();
        return empty(shape, dtype, device).DetachFromDisposeScope();
    }

    /// <summary>A parameter that is one.</summary>
    public static PackedMatrix Of(ParameterSpec parameter) => new(
        parameter.Shape.SkipLast(2).Aggregate(1L, (product, size) => checked(product * size)),
        parameter.Shape[^2], parameter.Shape[^1], parameter.OutputsLast);
}
