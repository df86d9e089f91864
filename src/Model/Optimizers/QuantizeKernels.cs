using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Numbers as codes, block by block, on a processor: one pass over memory where libtorch takes several and searches for each number. The
/// bits are those of the same arithmetic by libtorch (<see cref="Kernels"/>).
/// </summary>
internal static unsafe class QuantizeKernels
{
    // A piece for a thread: so much that it is worth starting one.
    private const long Numbers = 1L << 16;

    // Blocks have at most so many numbers.
    private const int MaxBlock = 256;

    /// <summary>Whether these can be used: contiguous, and on the CPU.</summary>
    public static bool Supports(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (var tensor in tensors)
            if (tensor.device_type != TorchSharp.DeviceType.CPU || !tensor.is_contiguous()) return false;
        return true;
    }

    /// <summary>Writes the largest magnitude of each block, and for each number which value times that is the nearest.</summary>
    /// <param name="numbers">float32 [N].</param>
    /// <param name="bounds">What lies between the values.</param>
    /// <param name="size">Numbers of a block, at most 256.</param>
    /// <param name="largest">float32 [blocks].</param>
    /// <param name="codes">uint8 [N].</param>
    public static void Quantize(Tensor numbers, CodeBounds bounds, int size, Tensor largest, Tensor codes)
    {
        var to = TensorMemory.AddressOfPiece(codes);
        EachBlock(numbers, size, largest, (block, scale, at) =>
        {
            var target = new Span<byte>((byte*)to + at, block.Length);
            Codes(block, scale, bounds, target);
        });
        TensorMemory.KeepAlive(codes);
    }

    /// <summary>The same with two codes below 16 in each byte, the first in its upper half: uint8 [N / 2], rounded up.</summary>
    /// <param name="numbers">float32 [N].</param>
    /// <param name="bounds">At most 15.</param>
    /// <param name="size">Numbers of a block, even and at most 256.</param>
    /// <param name="largest">float32 [blocks].</param>
    /// <param name="codes">uint8 [N / 2].</param>
    public static void QuantizeHalfBytes(Tensor numbers, CodeBounds bounds, int size, Tensor largest, Tensor codes)
    {
        var to = TensorMemory.AddressOfPiece(codes);
        EachBlock(numbers, size, largest, (block, scale, at) =>
        {
            var each = (stackalloc byte[MaxBlock])[..((block.Length + 1) / 2 * 2)];
            each[^1] = 0;
            Codes(block, scale, bounds, each);
            var target = new Span<byte>((byte*)to + (at / 2), each.Length / 2);
            for (var i = 0; i < target.Length; i++) target[i] = (byte)((each[2 * i] << 4) | each[(2 * i) + 1]);
        });
        TensorMemory.KeepAlive(codes);
    }

    /// <summary>Writes the value that each code names, times its block's largest.</summary>
    /// <param name="codes">uint8 [N].</param>
    /// <param name="values">float32 [256].</param>
    /// <param name="size">Numbers of a block.</param>
    /// <param name="largest">float32 [blocks].</param>
    /// <param name="numbers">float32 [N].</param>
    public static void Dequantize(Tensor codes, Tensor values, int size, Tensor largest, Tensor numbers)
    {
        var (from, by, table, to) = (TensorMemory.AddressOfPiece(codes), TensorMemory.AddressOfPiece(largest),
            TensorMemory.AddressOfPiece(values), TensorMemory.AddressOfPiece(numbers));
        var count = codes.numel();
        ThreadedLoop.Run((count + size - 1) / size, Math.Max(1, Numbers / size), (start, end) =>
        {
            for (var block = start; block < end; block++)
            {
                var at = block * size;
                Values((byte*)from + at, (float*)table, ((float*)by)[block], (float*)to + at, (int)Math.Min(size, count - at));
            }
        });
        TensorMemory.KeepAlive(codes, largest, values, numbers);
    }

    private static void Values(byte* codes, float* values, float scale, float* numbers, int count)
    {
        for (var i = 0; i < count; i++) numbers[i] = values[codes[i]] * scale;
    }

    // Of each block its numbers, what they are divided by, and where it begins.
    private static void EachBlock(Tensor numbers, int size, Tensor largest, Work work)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxBlock);
        var (from, by, count) = (TensorMemory.AddressOfPiece(numbers), TensorMemory.AddressOfPiece(largest), numbers.numel());
        ThreadedLoop.Run((count + size - 1) / size, Math.Max(1, Numbers / size), (start, end) =>
        {
            for (var block = start; block < end; block++)
            {
                var at = block * size;
                var length = (int)Math.Min(size, count - at);
                var magnitude = new FloatRow((nint)((float*)from + at), length, isFloat: true).Largest();
                ((float*)by)[block] = magnitude;
                work(new ReadOnlySpan<float>((float*)from + at, length), magnitude > 0 ? magnitude : 1, at);
            }
        });
        TensorMemory.KeepAlive(numbers, largest);
    }

    private delegate void Work(ReadOnlySpan<float> block, float scale, long at);

    private static void Codes(ReadOnlySpan<float> numbers, float scale, CodeBounds bounds, Span<byte> codes)
    {
        var scaled = stackalloc float[MaxBlock];
        var (i, divisor) = (0, Vector256.Create(scale));
        for (; i <= numbers.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            (Vector256.Create(numbers[i..]) / divisor).Store(scaled + i);
        for (; i < numbers.Length; i++) scaled[i] = numbers[i] / scale;
        for (i = 0; i < numbers.Length; i++) codes[i] = bounds.CodeOf(scaled[i]);
    }
}
