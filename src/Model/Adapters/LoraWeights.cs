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

    private static Tensor Sum(Tensor weight, Tensor a, Tensor b, double scaling) =>
        weight.to(ScalarType.Float32).Plus(b.matmul(a).Times(scaling));

    private static Tensor Length(Tensor matrix) => matrix.Squared().sum(1).sqrt();
}
