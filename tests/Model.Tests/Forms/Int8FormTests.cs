using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class Int8FormTests
{
    private static readonly Int8Form s_form = new();

    public static TheoryData<long[], bool> Shapes => new()
    {
        { [48, 300], false },
        { [300, 48], true },
        { [3, 20, 70], true },
        { [2, 33, 64], false },
        { [1, 7], false },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Pack_each_weight_is_off_by_half_a_scale_of_its_output_at_most(long[] shape, bool outputsLast)
    {
        using var scope = NewDisposeScope();
        var exact = Weights(shape, ScalarType.Float32);
        using var packed = Pack(exact, outputsLast);
        var error = (packed.Numbers().view(shape) - exact).abs();
        var largest = exact.abs().amax([outputsLast ? -2 : -1], keepdim: true);
        Assert.True(error.le(largest * (1.00001 / 254)).all().item<bool>());

        // Each output has a scale of its own, so its largest weight is kept.
        var kept = packed.Numbers().view(shape).abs().amax([outputsLast ? -2 : -1], keepdim: true);
        Assert.True((kept - largest).abs().le(largest * 1e-6).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Unpack_on_a_processor_has_the_bits_of_libtorch(long[] shape, bool outputsLast)
    {
        foreach (var dtype in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            using var scope = NewDisposeScope();
            using var packed = Pack(Weights(shape, dtype), outputsLast);
            var target = empty(shape, dtype);
            Assert.True(UnpackKernels.Supports(target));
            packed.Unpack(target);
            Assert.True(packed.Numbers().to(dtype).view(shape).eq(target).all().item<bool>(), $"{dtype}");
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, 5, 7)]
    [InlineData(ScalarType.BFloat16, 5, 7)]
    [InlineData(ScalarType.Float32, 3, 300)]
    [InlineData(ScalarType.BFloat16, 700, 333)]
    public void Pack_on_a_processor_has_the_bits_of_libtorch(ScalarType dtype, long rows, long columns)
    {
        using var scope = NewDisposeScope();
        var exact = Weights([rows, columns], dtype);

        // Numbers that lie halfway between two codes, in an output whose scale is 1.
        exact[rows - 1].copy_(arange(columns, dtype: ScalarType.Float32).remainder(127) + 0.5);
        exact[rows - 1, 0].fill_(127);
        Assert.True(Int8Kernels.Supports(exact));
        var (codes, scales) = (empty([rows, columns], ScalarType.Int8), empty([rows, 1], ScalarType.Float32));

        Int8Kernels.PackRows(exact, codes, scales);

        var wide = exact.to(ScalarType.Float32);
        var scale = wide.abs().amax([1], keepdim: true) / 127;
        Assert.True(scale.eq(scales).all().item<bool>());
        var expected = wide.div(where(scale.ne(0), scale, ones_like(scale))).round().clamp(-127, 127).to(ScalarType.Int8);
        Assert.True(expected.eq(codes).all().item<bool>());
    }

    [Fact]
    public void Pack_matrix_in_several_pieces_has_the_scales_of_its_outputs()
    {
        using var scope = NewDisposeScope();
        var exact = ones(3, PackedMatrix.Piece / 2) * tensor(new float[] { 1, 2, 0 }).unsqueeze(1);
        using var packed = Pack(exact, outputsLast: false);
        Assert.True(packed.Numbers().view(exact.shape).eq(exact).all().item<bool>());
        using var turned = Pack(exact.t().contiguous(), outputsLast: true);
        Assert.True(turned.Numbers().view(exact.shape[1], exact.shape[0]).eq(exact.t()).all().item<bool>());
    }

    [Fact]
    public void BytesOf_counts_what_is_kept()
    {
        using var scope = NewDisposeScope();
        var spec = new ParameterSpec("w", [96, 32], Decay: true, OutputsLast: true);
        using var packed = s_form.Pack(spec, Weights([96, 32], ScalarType.BFloat16));
        Assert.Equal((96 * 32) + (32 * 4), packed.Bytes);
        Assert.Equal(packed.Bytes, s_form.BytesOf(spec, ScalarType.BFloat16));
    }

    private static Tensor Weights(long[] shape, ScalarType dtype)
    {
        using var generator = new Generator(7);
        var weights = randn(shape, generator: generator);
        weights.view(-1)[0].mul_(20);

        // An output without weights.
        if (shape[^1] > 40) weights.narrow(-2, 0, 1).mul_(0);
        return weights.to(dtype);
    }

    private static Int8Weight Pack(Tensor exact, bool outputsLast) =>
        (Int8Weight)s_form.Pack(new ParameterSpec("w", exact.shape, Decay: true, OutputsLast: outputsLast), exact);
}
