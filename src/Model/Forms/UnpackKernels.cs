using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Unpacks weights on a processor, in one pass over memory. The bits are those of the same arithmetic by libtorch: a product of
/// float32 numbers, rounded to the nearest bfloat16 if that is the dtype.
/// </summary>
internal static unsafe class UnpackKernels
{
    // A task for a thread: so much that it is worth starting one.
    private const long Numbers = 1L << 18;

    /// <summary>Whether a tensor can be written by these: on the CPU, in float32 or bfloat16.</summary>
    public static bool Supports(Tensor target) =>
        target.device_type == TorchSharp.DeviceType.CPU && target.dtype is ScalarType.Float32 or ScalarType.BFloat16;

    /// <summary>Writes codes times scales; shapes as <see cref="Int8Weight"/> says.</summary>
    public static void Int8(PackedMatrix shape, Tensor codes, Tensor scales, Tensor target)
    {
        var (from, by, to) = (TensorMemory.Address(codes), TensorMemory.Address(scales), TensorMemory.Address(target));
        var (columns, isFloat) = (checked((int)shape.Columns), target.dtype == ScalarType.Float32);
        ThreadedLoop.Run(shape.Matrices * shape.Rows, Math.Max(1, Numbers / columns), (start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                var source = new ReadOnlySpan<sbyte>((sbyte*)from + (row * columns), columns);
                var scale = shape.OutputsLast
                    ? new ReadOnlySpan<float>((float*)by + (row / shape.Rows * columns), columns)
                    : new ReadOnlySpan<float>((float*)by + row, 1);
                if (isFloat) Int8Row(source, scale, new Span<float>((float*)to + (row * columns), columns));
                else Int8Row(source, scale, new Span<ushort>((ushort*)to + (row * columns), columns));
            }
        });
        TensorMemory.KeepAlive(codes, scales, target);
    }

    /// <summary>Writes 16 values times scales; as <see cref="Nf4Weight"/> says.</summary>
    public static void Nf4(long count, Tensor codes, DynamicQuantization.Quantized scales, float offset, Tensor target)
    {
        var (from, to) = (TensorMemory.Address(codes), TensorMemory.Address(target));
        var (levels, largest, values) =
            (TensorMemory.Address(scales.Codes), TensorMemory.Address(scales.Largest), TensorMemory.Address(scales.Values));
        var isFloat = target.dtype == ScalarType.Float32;
        ThreadedLoop.Run(Nf4Form.Blocks(count), Numbers / Nf4Form.BlockSize, (start, end) =>
        {
            for (var block = start; block < end; block++)
            {
                var at = block * Nf4Form.BlockSize;
                var length = (int)Math.Min(Nf4Form.BlockSize, count - at);
                var magnitude = (((float*)values)[((byte*)levels)[block]] * ((float*)largest)[block / DynamicQuantization.BlockSize]) + offset;
                var source = new ReadOnlySpan<byte>((byte*)from + (at / 2), (length + 1) / 2);
                if (isFloat) Nf4Block(source, magnitude, new Span<float>((float*)to + at, length));
                else Nf4Block(source, magnitude, new Span<ushort>((ushort*)to + at, length));
            }
        });
        TensorMemory.KeepAlive(codes, scales.Codes, scales.Largest, scales.Values, target);
    }

    private static void Int8Row(ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales, Span<float> target)
    {
        var (i, one) = (0, scales.Length == 1);
        if (Avx2.IsSupported && !Vector512.IsHardwareAccelerated)
        {
            for (; i <= codes.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                var eight = Vector128.CreateScalarUnsafe(MemoryMarshal.Read<long>(MemoryMarshal.AsBytes(codes[i..])));
                var some = Avx2.ConvertToVector256Int32(eight.AsSByte());
                (Avx.ConvertToVector256Single(some) * (one ? Vector256.Create(scales[0]) : Vector256.Create(scales[i..]))).CopyTo(target[i..]);
            }
        }

        for (; i <= codes.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            (Widen(codes, i) * (one ? Vector512.Create(scales[0]) : Vector512.Create(scales[i..]))).CopyTo(target[i..]);
        for (; i < codes.Length; i++) target[i] = codes[i] * scales[one ? 0 : i];
    }

    private static void Int8Row(ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales, Span<ushort> target)
    {
        var (i, one) = (0, scales.Length == 1);
        for (; i <= codes.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var half = i + Vector512<float>.Count;
            var (first, second) = one
                ? (Vector512.Create(scales[0]), Vector512.Create(scales[0]))
                : (Vector512.Create(scales[i..]), Vector512.Create(scales[half..]));
            Vector512.Narrow(Rounded(Widen(codes, i) * first), Rounded(Widen(codes, half) * second)).CopyTo(target[i..]);
        }

        for (; i < codes.Length; i++) target[i] = Rounded(codes[i] * scales[one ? 0 : i]);
    }

    private static void Nf4Block(ReadOnlySpan<byte> codes, float magnitude, Span<float> target)
    {
        var products = Vector512.Create(Nf4Form.Table) * magnitude;
        if (Avx2.IsSupported && target.Length == Nf4Form.BlockSize)
        {
            var (lower, upper) = (products.GetLower(), products.GetUpper());
            for (var i = 0; i < codes.Length; i += Vector256<float>.Count)
            {
                var (even, odd) = Alternating(codes[i..], lower, upper);
                even.CopyTo(target[(2 * i)..]);
                odd.CopyTo(target[((2 * i) + Vector256<float>.Count)..]);
            }

            return;
        }

        var table = (stackalloc float[Vector512<float>.Count]);
        products.CopyTo(table);
        for (var i = 0; i < target.Length; i++) target[i] = table[Code(codes, i)];
    }

    // Sixteen products, rounded once, and then only looked up.
    private static void Nf4Block(ReadOnlySpan<byte> codes, float magnitude, Span<ushort> target)
    {
        var rounded = Rounded(Vector512.Create(Nf4Form.Table) * magnitude);
        var values = Vector256.Narrow(rounded.GetLower(), rounded.GetUpper());
        if (Avx512BW.VL.IsSupported && target.Length == Nf4Form.BlockSize)
        {
            for (var i = 0; i < codes.Length; i += Vector128<byte>.Count)
            {
                // Sixteen bytes are 32 numbers: first and second halves, which alternate.
                var bytes = Vector128.Create(codes[i..]);
                var first = Avx512BW.VL.PermuteVar16x16(values, Avx2.ConvertToVector256Int16(bytes >>> 4).AsUInt16());
                var second = Avx512BW.VL.PermuteVar16x16(values, Avx2.ConvertToVector256Int16(bytes & Vector128.Create((byte)15)).AsUInt16());
                var (even, odd) = (Avx2.UnpackLow(first, second), Avx2.UnpackHigh(first, second));
                Avx2.Permute2x128(even, odd, 0x20).CopyTo(target[(2 * i)..]);
                Avx2.Permute2x128(even, odd, 0x31).CopyTo(target[((2 * i) + 16)..]);
            }

            return;
        }

        if (Avx2.IsSupported && target.Length == Nf4Form.BlockSize)
        {
            var (lower, upper) = (rounded.GetLower().AsSingle(), rounded.GetUpper().AsSingle());
            for (var i = 0; i < codes.Length; i += Vector256<float>.Count)
            {
                var (first, second) = Alternating(codes[i..], lower, upper);
                Vector256.Narrow(first.AsUInt32(), second.AsUInt32()).CopyTo(target[(2 * i)..]);
            }

            return;
        }

        var table = (stackalloc ushort[Vector256<ushort>.Count]);
        values.CopyTo(table);
        for (var i = 0; i < target.Length; i++) target[i] = table[Code(codes, i)];
    }

    // What the sixteen codes of eight bytes name, in their order; of a code, three bits choose within a half of the table, and the fourth
    // which half.
    private static (Vector256<float> First, Vector256<float> Second) Alternating(
        ReadOnlySpan<byte> codes, Vector256<float> lower, Vector256<float> upper)
    {
        var bytes = Avx2.ConvertToVector256Int32(Vector128.CreateScalarUnsafe(MemoryMarshal.Read<ulong>(codes)).AsByte());
        var (first, second) = (Named(bytes >>> 4), Named(bytes & Vector256.Create(15)));
        var (even, odd) = (Avx.UnpackLow(first, second), Avx.UnpackHigh(first, second));
        return (Avx.Permute2x128(even, odd, 0x20), Avx.Permute2x128(even, odd, 0x31));

        Vector256<float> Named(Vector256<int> code) => Avx.BlendVariable(
            Avx2.PermuteVar8x32(lower, code), Avx2.PermuteVar8x32(upper, code), (code << 28).AsSingle());
    }

    private static int Code(ReadOnlySpan<byte> codes, int i) => i % 2 == 0 ? codes[i / 2] >> 4 : codes[i / 2] & 15;

    private static Vector512<float> Widen(ReadOnlySpan<sbyte> codes, int start)
    {
        ref var first = ref Unsafe.Add(ref MemoryMarshal.GetReference(codes), start);
        var (lower, upper) = Vector256.Widen(Vector256.WidenLower(Vector128.LoadUnsafe(ref first).ToVector256()));
        return Vector512.ConvertToSingle(Vector512.Create(lower, upper));
    }

    // To the nearest, ties to even; weights are finite.
    private static Vector512<uint> Rounded(Vector512<float> numbers)
    {
        var bits = numbers.AsUInt32();
        return (bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One)) >>> 16;
    }

    private static ushort Rounded(float number)
    {
        var bits = BitConverter.SingleToUInt32Bits(number);
        return (ushort)((bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16);
    }
}
