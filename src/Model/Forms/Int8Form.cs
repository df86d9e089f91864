using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// The matrices of decoder layers as whole numbers from -127 to 127 and a float32 scale for each output: a weight is the number
/// times the scale of its output, rounded to the compute dtype. A weight is off by at most half a scale, the largest weight of its
/// output over 254, and by that rounding.
/// </summary>
public sealed record Int8Form : IWeightForm
{
    /// <summary>The largest number.</summary>
    internal const int Largest = 127;

    /// <inheritdoc/>
    public bool IsExact => false;

    /// <inheritdoc/>
    public bool Packs(ParameterSpec parameter) => PackedMatrix.IsMatrix(parameter);

    /// <inheritdoc/>
    public long BytesOf(ParameterSpec parameter, ScalarType dtype) => Packs(parameter)
        ? checked(parameter.Count + (PackedMatrix.Of(parameter).Outputs * ScalarType.Float32.ElementSize()))
        : checked(parameter.Count * dtype.ElementSize());

    /// <inheritdoc/>
    public IPackedWeight Pack(ParameterSpec parameter, Tensor exact)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var shape = PackedMatrix.Of(parameter);
        var exact_ERC = exact.view(shape.Matrices, shape.Rows, shape.Columns);
        var codes = PackedMatrix.Keep([shape.Matrices, shape.Rows, shape.Columns], ScalarType.Int8, exact.device);
        var scales = PackedMatrix.Keep(
            shape.OutputsLast ? [shape.Matrices, 1, shape.Columns] : [shape.Matrices, shape.Rows, 1], ScalarType.Float32, exact.device);
        for (long matrix = 0; matrix < shape.Matrices; matrix++)
            PackOne(exact_ERC[matrix], codes[matrix], scales[matrix], shape.OutputsLast);
        return new Int8Weight(shape, codes, scales);
    }

    // A few outputs at a time, so that a float32 copy of the whole matrix need not exist.
    private static void PackOne(Tensor exact_RC, Tensor codes_RC, Tensor scales, bool outputsLast)
    {
        if (!outputsLast && Int8Kernels.Supports(exact_RC))
        {
            Int8Kernels.PackRows(exact_RC, codes_RC, scales);
            return;
        }

        var (along, across) = outputsLast ? (1, 0) : (0, 1);
        var (outputs, inputs) = (exact_RC.shape[along], exact_RC.shape[across]);
        var some = Math.Max(1, PackedMatrix.Piece / inputs);
        for (long start = 0; start < outputs; start += some)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(some, outputs - start);
            var piece = exact_RC.narrow(along, start, count).to(ScalarType.Float32);
            var scale = piece.abs().amax([across], keepdim: true).Over(Largest);
            scales.narrow(along, start, count).copy_(scale);

            // An output of zeros has the scale 0.
            var divisor = scale.Filled(scale.logical_not(), 1);
            codes_RC.narrow(along, start, count).copy_(piece.div(divisor).round().Clamped(-Largest, Largest));
        }
    }
}
