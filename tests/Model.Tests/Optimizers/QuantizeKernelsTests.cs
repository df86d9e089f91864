using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Held to libtorch's own operators, bit for bit.</summary>
public sealed class QuantizeKernelsTests
{
    private const int Size = (int)DynamicQuantization.BlockSize;

    // Numbers at, just below and just above each bound, in blocks whose largest is 1; and what is no ordinary number.
    private static readonly float[] s_edges =
    [
        .. DynamicQuantization.Signed.Values.Zip(DynamicQuantization.Signed.Values.Skip(1), (a, b) => (float)((a + b) / 2))
            .SelectMany(b => (float[])[MathF.BitDecrement(b), b, MathF.BitIncrement(b)]),
        0, -0f, float.Epsilon, -float.Epsilon, 1e-39f, -1e-39f, 1, -1,
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(300_007)]
    public void Quantize_has_the_bits_of_libtorch(int count)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)count);
        var numbers = randn([count], generator: generator) * pow(10, randn([count], generator: generator) * 3);
        if (count > Size) numbers.narrow(0, 0, Size).zero_();
        Assert.All(
            [DynamicQuantization.Signed, DynamicQuantization.Unsigned, DynamicQuantization.UnsignedAbove0], quantization => Compare(quantization, numbers));
    }

    [Fact]
    public void Quantize_edges_have_the_bits_of_libtorch()
    {
        using var scope = NewDisposeScope();
        var padded = s_edges.Chunk(Size - 1).SelectMany(c => c.Append(1f).Concat(Enumerable.Repeat(0f, Size - 1 - c.Length))).ToArray();
        Compare(DynamicQuantization.Signed, tensor(padded));
        Compare(DynamicQuantization.UnsignedAbove0, tensor(padded));
        foreach (var strange in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
            Compare(DynamicQuantization.Signed, tensor((float[])[.. padded, strange, 1, -2, 0]));
    }

    // Every upper half of a float32's bits, with the least and the greatest lower half.
    [Fact]
    public void CodeOf_any_number_is_what_bucketize_counts()
    {
        using var scope = NewDisposeScope();
        float[] bounds = [-3, -1.00390625f, -1, -0f, float.Epsilon, 1, 1.0000001f, 1.0039062f, 1.00390625f, 1e30f];
        var numbers = Enumerable.Range(0, 1 << 16).Select(half => (uint)half << 16)
            .SelectMany(bits => (float[])[BitConverter.UInt32BitsToSingle(bits), BitConverter.UInt32BitsToSingle(bits | 0xFFFF)]).ToArray();
        var expected = bucketize(tensor(numbers), tensor(bounds)).to(ScalarType.Byte).data<byte>().ToArray();
        var code = new CodeBounds(bounds);
        Assert.Equal(expected, numbers.Select(code.CodeOf));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(37)]
    [InlineData(200_001)]
    public void QuantizeHalfBytes_has_the_bits_of_libtorch(int count)
    {
        const int Size = (int)Nf4Form.BlockSize;
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)count);
        var numbers = randn([count], generator: generator);
        float[] bounds = [.. Nf4Form.Table.ToArray().Zip(Nf4Form.Table.ToArray().Skip(1), (a, b) => (float)(((double)a + b) / 2))];
        var largest = empty([Nf4Form.Blocks(count)], ScalarType.Float32);
        var codes = empty([(count + 1) / 2], ScalarType.Byte);

        QuantizeKernels.QuantizeHalfBytes(numbers, new CodeBounds(bounds), Size, largest, codes);

        Assert.Equal(Bits(Kernels.LargestOfBlocks(numbers, Size)), Bits(largest));
        var expected = Kernels.PackHalfBytes(Kernels.Quantize(numbers, largest, tensor(bounds), Size));
        Assert.Equal(expected.data<byte>().ToArray(), codes.data<byte>().ToArray());
    }

    [Fact]
    public void Read_piece_of_a_larger_tensor_is_that_piece()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var numbers = randn([4 * Size], generator: generator);
        var (codes, largest) = (zeros(numbers.numel(), ScalarType.Byte), zeros(4));
        var piece = DynamicQuantization.Signed.Over(codes.narrow(0, Size, 2 * Size), largest.narrow(0, 1, 2));
        piece.Write(numbers.narrow(0, Size, 2 * Size));
        Assert.Equal(0, codes.narrow(0, 0, Size).sum().item<long>() + codes.narrow(0, 3 * Size, Size).sum().item<long>());
        var whole = DynamicQuantization.Signed.Over(codes, largest).Read();
        Assert.Equal(Bits(whole.narrow(0, Size, 2 * Size).clone()), Bits(piece.Read()));
        Assert.True((piece.Read() - numbers.narrow(0, Size, 2 * Size)).abs().max().item<float>() < 0.05);
    }

    private static void Compare(DynamicQuantization quantization, Tensor numbers)
    {
        var (codes, largest) = (zeros(numbers.numel(), ScalarType.Byte), zeros(DynamicQuantization.Blocks(numbers.numel())));
        var quantized = quantization.Over(codes, largest);
        Assert.True(QuantizeKernels.Supports(codes, largest, numbers));

        quantized.Write(numbers);

        var expected = Kernels.LargestOfBlocks(numbers, Size);
        Assert.Equal(Bits(expected), Bits(largest));
        Assert.Equal(
            Kernels.Quantize(numbers, expected, quantized.Bounds, Size).to(ScalarType.Byte).data<byte>().ToArray(), codes.data<byte>().ToArray());
        Assert.Equal(Bits(Kernels.Dequantize(codes, largest, quantized.Values, Size)), Bits(quantized.Read()));
    }

    // Of what is no number, only that it is none.
    private static int[] Bits(Tensor numbers) =>
        [.. numbers.data<float>().ToArray().Select(n => float.IsNaN(n) ? -1 : BitConverter.SingleToInt32Bits(n))];
}
