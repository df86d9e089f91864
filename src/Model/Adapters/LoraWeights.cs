using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>What adapters make of a matrix, in float32.</summary>
public static class LoraWeights
{
    /// <summary>The lengths of the rows of W + scaling · B · A: [output].</summary>
    /// <param name="weight">W, [output, input].</param>
    /// <param name="a">A, [r, input], float32.</param>
    /// <param name="b">B, [output, r], float32.</param>
    /// <param name="scaling">The factor.</param>
    public static Tensor Length(Tensor weight, Tensor a, Tensor b, double scaling)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        return Length(Sum(weight, a, b, scaling)).MoveToOuterDisposeScope();
    }

    /// <summary>Bytes that the lengths of a map's rows take for a while.</summary>
    internal static long BytesOfLength(LinearMap map) => checked(2 * sizeof(float) * map.Input * map.Output);

    /// <summary>The matrix that does what W and its adapter do together: [output, input].</summary>
    /// <param name="weight">W, [output, input].</param>
    /// <param name="a">A, [r, input], float32.</param>
    /// <param name="b">B, [output, r], float32.</param>
    /// <param name="magnitude">DoRA's magnitude, [output], float32; null for none.</param>
    /// <param name="scaling">The factor.</param>
    public static Tensor Merged(Tensor weight, Tensor a, Tensor b, Tensor? magnitude, double scaling)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var sum = Sum(weight, a, b, scaling);
        return (magnitude is null ? sum : sum * (magnitude / Length(sum)).unsqueeze(1)).MoveToOuterDisposeScope();
    }

    // No more than two matrices at one time, here and below. A copy is laid out as the weight, which may be transposed.
    private static Tensor Sum(Tensor weight, Tensor a, Tensor b, double scaling)
    {
        using var update = b.matmul(a);
        update.ScaleInPlace(scaling);
        var sum = weight.to(ScalarType.Float32, copy: true);
        sum.AddInPlace(update);
        return sum;
    }

    private static Tensor Length(Tensor matrix)
    {
        using var squares = matrix.Squared();
        return squares.sum(1).sqrt();
    }
}
