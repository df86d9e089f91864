// Shapes: E experts, R outputs, H inputs, G = H / 32 blocks.
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>
/// Experts' matrices [E, H, R] in OCP's microscaling format MXFP4 (OCP Microscaling Formats MX v1.0): 32 inputs of an output form
/// a block of 4-bit numbers (E2M1), two to a byte and the lower half first, with a scale that is a power of two (E8M0). The
/// folder stores them by output: NAME_blocks [E, R, G, 16] and NAME_scales [E, R, G]. They are read as bfloat16, which holds all
/// values except the largest.
/// </summary>
internal sealed class Mxfp4Weight : StoredWeight
{
    private const int Block = 32;
    private const int NoNumber = 255;

    // Up to this scale, the largest number (6) stays below bfloat16's infinity.
    private const int AlwaysFinite = 252;

    // The values of codes 0 to 7; a set fourth bit makes them negative.
    private static readonly double[] s_e2m1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

    private static readonly Lazy<ushort[]> s_values = new(() => [.. Enumerable.Range(0, 16 * 256).Select(i => Value(i / 16, i % 16))]);

    private readonly FolderTensor _blocks;
    private readonly FolderTensor _scales;
    private readonly long[] _shape;

    private Mxfp4Weight(FolderTensor blocks, FolderTensor scales, long[] shape) => (_blocks, _scales, _shape) = (blocks, scales, shape);

    public override IReadOnlyList<FolderTensor> Tensors => [_blocks, _scales];

    /// <summary>Finds NAME_blocks and NAME_scales; null where there are none.</summary>
    public static Mxfp4Weight? Find(ParameterSpec spec, string name, IReadOnlyDictionary<string, FolderTensor> tensors)
    {
        if (!tensors.TryGetValue(name + "_blocks", out var blocks) || spec.Shape.Count != 3) return null;
        if (!tensors.TryGetValue(name + "_scales", out var scales)) throw blocks.Wrong($"has no scales; '{name}_scales' is missing");
        var (experts, inputs, outputs) = (spec.Shape[0], spec.Shape[1], spec.Shape[2]);
        if (inputs % Block != 0) throw blocks.Wrong($"belongs to matrices with {inputs} inputs; {WeightQuantization.Mxfp4} has blocks of {Block}");
        blocks.CheckDType("blocks", TensorDType.U8);
        scales.CheckDType("scales", TensorDType.U8);
        blocks.CheckShape(experts, outputs, inputs / Block, Block / 2);
        scales.CheckShape(experts, outputs, inputs / Block);
        return new Mxfp4Weight(blocks, scales, [experts, inputs, outputs]);
    }

    public override unsafe Tensor Read()
    {
        // A tile fills whole cache lines both in what is read and in what is written, each of which is the other's transpose.
        const int Tile = 32;
        var (experts, inputs, outputs) = (_shape[0], _shape[1], _shape[2]);
        var groups = inputs / Block;
        var tensor = empty(_shape, ScalarType.BFloat16).DetachFromDisposeScope();
        var blocks = (byte*)_blocks.Address;
        var scales = (byte*)_scales.Address;
        var to = (ushort*)TensorMemory.Address(tensor);
        var highest = 0;
        fixed (ushort* values = s_values.Value)
        {
            for (var e = 0L; e < experts; e++)
            {
                for (var r0 = 0L; r0 < outputs; r0 += Tile)
                {
                    var end = Math.Min(outputs, r0 + Tile);
                    for (var g = 0L; g < groups; g++)
                    {
                        for (var r = r0; r < end; r++)
                        {
                            var block = (((e * outputs) + r) * groups) + g;
                            var scale = scales[block];
                            highest = Math.Max(highest, scale);
                            Unpack(blocks + (block * (Block / 2)), values + (scale * 16), to + (((e * inputs) + (g * Block)) * outputs) + r, outputs);
                        }
                    }
                }
            }
        }

        if (highest <= AlwaysFinite || AllFinite(tensor)) return tensor;
        tensor.Dispose();
        throw _scales.Wrong(highest == NoNumber
            ? $"holds the scale {NoNumber}, which is no number in {WeightQuantization.Mxfp4}"
            : $"holds the scale {highest}, with which numbers of '{_blocks.Info.Name}' are beyond those of bfloat16");

        static void Unpack(byte* packed, ushort* values, ushort* column, long stride)
        {
            for (var i = 0; i < Block / 2; i++, column += 2 * stride)
            {
                column[0] = values[packed[i] & 15];
                column[stride] = values[packed[i] >> 4];
            }
        }
    }

    private static bool AllFinite(Tensor tensor)
    {
        using var finite = tensor.isfinite();
        using var all = finite.all();
        return all.item<bool>();
    }

    private static ushort Value(int scale, int code)
    {
        var value = scale == NoNumber ? float.NaN : (float)Math.ScaleB(s_e2m1[code & 7], scale - 127);
        return (ushort)(BitConverter.SingleToUInt32Bits(code < 8 ? value : -value) >> 16);
    }
}
