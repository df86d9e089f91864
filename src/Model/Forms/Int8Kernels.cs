using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Weights as whole numbers, on a processor, where each row is an output: one pass over memory for the scales and one for the codes. The
/// bits are those of the same arithmetic by libtorch.
/// </summary>
internal static unsafe class Int8Kernels
{
    // A piece for a thread: so much that it is worth starting one.
    private const long Numbers = 1L << 16;

    /// <summary>Whether a matrix can be packed by these: contiguous, on the CPU, in float32 or bfloat16.</summary>
    public static bool Supports(Tensor exact) =>
        QuantizeKernels.Supports(exact) && exact.dtype is ScalarType.Float32 or ScalarType.BFloat16;

    /// <summary>Writes codes and scales as <see cref="Int8Form"/> says.</summary>
    /// <param name="exact_RC">float32 or bfloat16.</param>
    /// <param name="codes_RC">int8.</param>
    /// <param name="scales_R1">float32.</param>
    public static void PackRows(Tensor exact_RC, Tensor codes_RC, Tensor scales_R1)
    {
        var (from, to, by) = (TensorMemory.AddressOfPiece(exact_RC), TensorMemory.AddressOfPiece(codes_RC), TensorMemory.AddressOfPiece(scales_R1));
        var (columns, isFloat) = (checked((int)exact_RC.shape[1]), exact_RC.dtype == ScalarType.Float32);
        ThreadedLoop.Run(exact_RC.shape[0], Math.Max(1, Numbers / columns), (start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                var numbers = new FloatRow(from + (nint)(row * columns * (isFloat ? sizeof(float) : sizeof(ushort))), columns, isFloat);
                var scale = numbers.Largest() / Int8Form.Largest;
                ((float*)by)[row] = scale;
                Codes(numbers, scale == 0 ? 1 : scale, (sbyte*)to + (row * columns));
            }
        });
        TensorMemory.KeepAlive(exact_RC, codes_RC, scales_R1);
    }

    private static void Codes(FloatRow numbers, float scale, sbyte* codes)
    {
        var (i, divisor, most) = (0, Vector256.Create(scale), Vector256.Create((float)Int8Form.Largest));
        for (; i <= numbers.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var rounded = Vector256.Round(numbers.Eight(i) / divisor, MidpointRounding.ToEven);
            var whole = Vector256.ConvertToInt32(Vector256.Min(Vector256.Max(rounded, -most), most));
            var narrow = Vector128.Narrow(whole.GetLower(), whole.GetUpper());
            Vector128.Narrow(narrow, narrow).GetLower().Store(codes + i);
        }

        for (; i < numbers.Length; i++)
            codes[i] = (sbyte)Math.Clamp(MathF.Round(numbers.One(i) / scale, MidpointRounding.ToEven), -Int8Form.Largest, Int8Form.Largest);
    }
}
