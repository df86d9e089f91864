using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class Nf4FormTests
{
    private static readonly Nf4Form s_form = new();

    // Section 3 and appendix E of the paper: quantiles of N(0, 1), eight on the positive side and seven on the negative side of an
    // exact zero, scaled to [-1, 1]. The outermost quantile is the mean of 1 - 1/32 and 1 - 1/30.
    [Fact]
    public void Table_is_the_quantiles_of_the_published_construction()
    {
        var outermost = ((1 - (1.0 / 32)) + (1 - (1.0 / 30))) / 2;
        double[] quantiles =
        [
            .. Enumerable.Range(0, 7).Select(i => -NormalQuantile(outermost + ((0.5 - outermost) * i / 7))),
            0,
            .. Enumerable.Range(0, 8).Select(i => NormalQuantile(outermost + ((0.5 - outermost) * i / 8))).Reverse(),
        ];
        var largest = quantiles.Max();
        var table = Nf4Form.Table.ToArray();
        Assert.Equal((16, -1f, 0f, 1f), (table.Length, table[0], table[7], table[15]));
        foreach (var (value, quantile) in table.Zip(quantiles)) Assert.Equal(quantile / largest, value, 2e-6);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 64, 512, 1)]
    [InlineData(ScalarType.BFloat16, 40, 1000, 2)]
    [InlineData(ScalarType.BFloat16, 3, 37, 3)]
    public void Pack_numbers_are_those_of_a_reference_in_float64(ScalarType dtype, long rows, long columns, int seed)
    {
        using var scope = NewDisposeScope();
        var exact = Weights(dtype, rows, columns, seed);
        using var packed = Pack(exact);
        var expected = Reference(exact.to(ScalarType.Float64).flatten().data<double>().ToArray());
        var actual = packed.Numbers().to(ScalarType.Float64).data<double>().ToArray();
        var scale = expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-6 * scale);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 64, 512)]
    [InlineData(ScalarType.BFloat16, 2100, 300)]
    [InlineData(ScalarType.BFloat16, 3, 37)]
    [InlineData(ScalarType.Float32, 5, 13)]
    public void Unpack_on_a_processor_has_the_bits_of_libtorch(ScalarType dtype, long rows, long columns)
    {
        using var scope = NewDisposeScope();
        using var packed = Pack(Weights(dtype, rows, columns, seed: 4));
        var target = empty([rows, columns], dtype);
        Assert.True(UnpackKernels.Supports(target));
        packed.Unpack(target);
        Assert.True(packed.Numbers().to(dtype).view(rows, columns).eq(target).all().item<bool>());
    }

    [Fact]
    public void Pack_same_weights_with_more_threads_have_the_same_bits()
    {
        using var scope = NewDisposeScope();
        var exact = Weights(ScalarType.BFloat16, 2100, 300, seed: 5);
        using var one = Pack(exact);
        set_num_threads(2);
        try
        {
            using var two = Pack(exact);
            Assert.True(one.Numbers().eq(two.Numbers()).all().item<bool>());
        }
        finally
        {
            set_num_threads(1);
        }
    }

    [Fact]
    public void BytesOf_counts_what_is_kept()
    {
        using var scope = NewDisposeScope();
        var spec = new ParameterSpec("w", [512, 768], Decay: true);
        using var packed = (Nf4Weight)s_form.Pack(spec, Weights(ScalarType.BFloat16, 512, 768, seed: 6));
        Assert.Equal(s_form.BytesOf(spec, ScalarType.BFloat16), packed.Bytes);
        Assert.Equal(4.127, 8.0 * packed.Bytes / spec.Count, 0.001);
        Assert.Equal(768 * 2, s_form.BytesOf(new ParameterSpec("b", [768], Decay: false), ScalarType.BFloat16));
    }

    [Fact]
    public void Pack_matrix_of_zeros_stays_zero()
    {
        using var scope = NewDisposeScope();
        using var packed = Pack(zeros(8, 64));
        Assert.Equal(0, packed.Numbers().abs().max().item<float>());
    }

    // Outliers in some blocks, so that magnitudes differ.
    private static Tensor Weights(ScalarType dtype, long rows, long columns, int seed)
    {
        using var generator = new Generator((ulong)seed);
        var noise = randn([rows, columns], generator: generator).mul(0.02);
        var flat = noise.view(-1);
        for (long i = 0; i < flat.numel(); i += 331) flat[i].mul_(9);
        return noise.to(dtype);
    }

    private static Nf4Weight Pack(Tensor exact) => (Nf4Weight)s_form.Pack(new ParameterSpec("w", exact.shape, Decay: true), exact);

    private static double[] Reference(double[] exact)
    {
        var values = Nf4Form.Table.ToArray().Select(v => (double)v).ToArray();
        var magnitudes = exact.Chunk(64).Select(b => b.Max(Math.Abs)).ToArray();
        var mean = magnitudes.Average();
        var kept = magnitudes.Select(m => m - mean).Chunk(256).SelectMany(block =>
        {
            var largest = block.Max(Math.Abs);
            return block.Select(m => largest == 0 ? 0 : largest * Nearest(m / largest, DynamicQuantization.Signed.Values));
        }).ToArray();
        return [.. exact.Select((w, i) =>
            (magnitudes[i / 64] == 0 ? 0 : Nearest(w / magnitudes[i / 64], values)) * (kept[i / 64] + mean))];
    }

    private static double Nearest(double x, IReadOnlyList<double> values) => values.MinBy(v => Math.Abs(v - x));

    // By bisection of the distribution function, in the series of Marsaglia (2004), which is exact to float64 here.
    private static double NormalQuantile(double p)
    {
        var (low, high) = (-6.0, 6.0);
        for (var i = 0; i < 100; i++)
        {
            var middle = (low + high) / 2;
            if (Distribution(middle) < p) low = middle;
            else high = middle;
        }

        return (low + high) / 2;

        static double Distribution(double x)
        {
            var (sum, term) = (x, x);
            for (var i = 3; Math.Abs(term) > 1e-18; i += 2) sum += term *= x * x / i;
            return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
        }
    }
}
