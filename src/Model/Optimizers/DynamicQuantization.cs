using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Numbers as indices of 256 values, block by block (Dettmers et al., arXiv 2110.02861, section 2.1): a value is a power of ten
/// from 1e-6 to 1 times a fraction between 0.1 and 1, with more fractions for larger powers; and 0 and 1.
/// </summary>
internal sealed class DynamicQuantization
{
    /// <value>Numbers that share one scale.</value>
    public const long BlockSize = 256;

    private const int Powers = 7;

    // On each device, for the life of the process.
    private readonly ConcurrentDictionary<string, (Tensor Values, Tensor Bounds)> _tables = new();

    private readonly bool _only0As0;
    private readonly CodeBounds _bounds;

    private DynamicQuantization(bool signed, bool only0As0 = false)
    {
        _only0As0 = only0As0;
        Values = [.. ValuesOf(signed).Order()];
        _bounds = new CodeBounds(Bounds());
    }

    /// <summary>For numbers of both signs.</summary>
    public static DynamicQuantization Signed { get; } = new(signed: true);

    /// <summary>For numbers that are not negative, with twice as many fractions.</summary>
    public static DynamicQuantization Unsigned { get; } = new(signed: false);

    /// <summary>The same, but what is above 0 is rounded up to the smallest value that is, instead of down to 0.</summary>
    public static DynamicQuantization UnsignedAbove0 { get; } = new(signed: false, only0As0: true);

    /// <summary>The 256 values, ascending.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>How many blocks so many numbers fill.</summary>
    public static long Blocks(long count) => (count + BlockSize - 1) / BlockSize;

    /// <summary>Numbers that are kept in two tensors, which it does not own.</summary>
    /// <param name="codes">uint8 [N].</param>
    /// <param name="largest">float32 [blocks]: the largest magnitude of each block.</param>
    public Quantized Over(Tensor codes, Tensor largest)
    {
        var (values, bounds) = _tables.GetOrAdd(codes.device.ToString(), _ => Table(codes.device));
        return new Quantized(codes, largest, values, bounds, _bounds);
    }

    private static IEnumerable<double> ValuesOf(bool signed)
    {
        for (var power = 0; power < Powers; power++)
        {
            var fractions = (signed ? 1 : 2) << power;
            for (var i = 0; i < fractions; i++)
            {
                var value = Math.Pow(10, power - Powers + 1) * (0.1 + (0.9 * (i + 0.5) / fractions));
                yield return value;
                if (signed) yield return -value;
            }
        }

        yield return 0;
        yield return 1;
    }

    private (Tensor Values, Tensor Bounds) Table(Device device)
    {
        return (tensor(Values.Select(v => (float)v).ToArray(), device: device).DetachFromDisposeScope(),
            tensor(Bounds(), device: device).DetachFromDisposeScope());
    }

    private float[] Bounds() =>
        [.. Values.Zip(Values.Skip(1), (below, above) => below == 0 && _only0As0 ? 0 : (float)((below + above) / 2))];

    /// <summary>Codes and scales of N numbers.</summary>
    internal readonly record struct Quantized(Tensor Codes, Tensor Largest, Tensor Values, Tensor Bounds, CodeBounds OnProcessor)
    {
        /// <summary>The numbers in float32, [N].</summary>
        public Tensor Read()
        {
            if (!QuantizeKernels.Supports(Codes, Largest)) return Kernels.Dequantize(Codes, Largest, Values, BlockSize);
            var numbers = empty(Codes.shape, ScalarType.Float32);
            QuantizeKernels.Dequantize(Codes, Values, (int)BlockSize, Largest, numbers);
            return numbers;
        }

        /// <summary>Puts other numbers in their place: float32 [N].</summary>
        public void Write(Tensor numbers)
        {
            if (QuantizeKernels.Supports(Codes, Largest, numbers))
            {
                QuantizeKernels.Quantize(numbers, OnProcessor, (int)BlockSize, Largest, Codes);
                return;
            }

            Largest.copy_(Kernels.LargestOfBlocks(numbers, BlockSize));
            Codes.copy_(Kernels.Quantize(numbers, Largest, Bounds, BlockSize));
        }
    }
}
