using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// The matrices of decoder layers as NormalFloat of 4 bits with double quantisation (Dettmers et al., QLoRA, arXiv 2305.14314,
/// section 3): a weight is the nearest of 16 values, times the largest magnitude of its block of 64. These magnitudes, less their
/// mean, are kept as 8 bits, in blocks of 256, as <see cref="DynamicQuantization"/> does it. 4.13 bits for each weight.
/// </summary>
public sealed record Nf4Form : IWeightForm
{
    /// <value>Weights of a block.</value>
    internal const long BlockSize = 64;

    /// <value>
    /// The 16 values (appendix E of the paper): quantiles of the normal distribution, scaled to [-1, 1], with an exact zero.
    /// </value>
    internal static ReadOnlySpan<float> Table =>
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f,
        -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
        0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
    ];

    private static readonly float[] s_bounds = Bounds();
    private static readonly CodeBounds s_onProcessor = new(s_bounds);

    /// <inheritdoc/>
    public bool IsExact => false;

    /// <inheritdoc/>
    public bool Packs(ParameterSpec parameter) => PackedMatrix.IsMatrix(parameter);

    /// <inheritdoc/>
    public long BytesOf(ParameterSpec parameter, ScalarType dtype)
    {
        if (!Packs(parameter)) return checked(parameter.Count * dtype.ElementSize());
        var blocks = Blocks(parameter.Count);
        return checked(((parameter.Count + 1) / 2) + blocks + (DynamicQuantization.Blocks(blocks) * ScalarType.Float32.ElementSize()));
    }

    /// <inheritdoc/>
    public IPackedWeight Pack(ParameterSpec parameter, Tensor exact)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var (count, device) = (parameter.Count, exact.device);
        var codes = PackedMatrix.Keep([(count + 1) / 2], ScalarType.Byte, device);
        var magnitudes = empty([Blocks(count)], ScalarType.Float32, device);
        for (long start = 0; start < count; start += PackedMatrix.Piece)
        {
            using var piece = NewDisposeScope();
            var numbers = exact.view(-1).narrow(0, start, Math.Min(PackedMatrix.Piece, count - start)).to(ScalarType.Float32);
            if (QuantizeKernels.Supports(numbers))
            {
                QuantizeKernels.QuantizeHalfBytes(
                    numbers, s_onProcessor, (int)BlockSize, magnitudes.narrow(0, start / BlockSize, Blocks(numbers.numel())),
                    codes.narrow(0, start / 2, (numbers.numel() + 1) / 2));
                continue;
            }

            var largest = Kernels.LargestOfBlocks(numbers, BlockSize);
            magnitudes.narrow(0, start / BlockSize, largest.numel()).copy_(largest);
            var packed = Kernels.PackHalfBytes(Kernels.Quantize(numbers, largest, tensor(s_bounds, device: device), BlockSize));
            codes.narrow(0, start / 2, packed.numel()).copy_(packed);
        }

        var offset = Mean(magnitudes);
        var scales = DynamicQuantization.Signed.Over(
            PackedMatrix.Keep([magnitudes.numel()], ScalarType.Byte, device),
            PackedMatrix.Keep([DynamicQuantization.Blocks(magnitudes.numel())], ScalarType.Float32, device));
        scales.Write(magnitudes.Plus(-offset));
        return new Nf4Weight(count, codes, scales, offset);
    }

    /// <summary>Blocks of so many weights.</summary>
    internal static long Blocks(long count) => (count + BlockSize - 1) / BlockSize;

    // Between two values the nearer one is taken; of two that are equally near, the lower one.
    private static float[] Bounds()
    {
        var bounds = new float[Table.Length - 1];
        for (var i = 0; i < bounds.Length; i++) bounds[i] = (float)(((double)Table[i] + Table[i + 1]) / 2);
        return bounds;
    }

    // One after the other, whatever the number of threads: the bits must not depend on it.
    private static float Mean(Tensor magnitudes)
    {
        var sum = 0.0;
        foreach (var magnitude in magnitudes.to(CPU).data<float>().ToArray()) sum += magnitude;
        return (float)(sum / magnitudes.numel());
    }
}
