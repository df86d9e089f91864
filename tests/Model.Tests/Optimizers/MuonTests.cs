using static LisaOrleans.Model.Tests.Float64Matrix;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class MuonTests
{
    private const double Rate = 1e-2;
    private const double Decay = 0.2;
    private static readonly Muon s_muon = new(new AdamW(0.9, 0.95, 1e-8, Decay));

    [Theory]
    [InlineData("float32", "float32", 1e-5, 6, 4)]
    [InlineData("float32", "float32", 1e-5, 3, 8)]
    [InlineData("bfloat16", "float32", 1e-2, 5, 5)]
    [InlineData("float32", "bfloat16", 1e-2, 4, 7)]
    public void Apply_three_updates_equal_the_formula(string dtype, string stateDtype, double tolerance, int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var dtypes = PartDtypes.Parse(dtype, stateDtype);
        using var generator = new Generator(3);
        using var start = randn([rows, columns], generator: generator);
        using var parameter = new Parameter(new ParameterSpec("w", [rows, columns], Decay: true), start.to(dtypes.Compute, copy: true), dtypes);
        parameter.MakeTrainable(s_muon);
        var w = Matrix(parameter.Value);
        var momentum = new double[rows, columns];

        for (var step = 1; step <= 3; step++)
        {
            var gradient = randn([rows, columns], generator: generator).to(dtypes.Compute);
            OneUpdate.Apply(parameter, gradient, step, Rate, s_muon);
            var g = Matrix(gradient);
            momentum = Sum(0.95, momentum, 0.05, g);
            var update = NewtonSchulz(Sum(0.95, momentum, 0.05, g));
            w = Sum(1 - (Rate * Decay), w, -Rate * 0.2 * Math.Sqrt(Math.Max(rows, columns)), update);
        }

        AssertClose(w, Matrix(parameter.Value), tolerance);
    }

    // Of one matrix after the other: what a step needs is freed before the next.
    [Theory]
    [InlineData(6, 4)]
    [InlineData(3, 8)]
    public void Orthogonalized_keeps_nothing_but_its_result(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var before = scope.DisposablesCount;
        Muon.Orthogonalized(randn([rows, columns]));
        Assert.InRange(scope.DisposablesCount - before, 1, 2);
    }

    // The plain formula, whatever the layout of a matrix is.
    [Theory]
    [InlineData(new long[] { 48, 80 }, false)]
    [InlineData(new long[] { 80, 48 }, false)]
    [InlineData(new long[] { 48, 80 }, true)]
    [InlineData(new long[] { 80, 48 }, true)]
    [InlineData(new long[] { 3, 40, 24 }, false)]
    public void Apply_has_the_bits_of_the_formula_without_memory_that_is_used_again(long[] shape, bool transposed)
    {
        using var scope = NewDisposeScope();
        var dtypes = PartDtypes.Parse("float32", "float32");
        using var generator = new Generator(11);
        var start = randn(shape, generator: generator);
        using var parameter = new Parameter(new ParameterSpec("w", shape, Decay: true), start.clone(), dtypes);
        parameter.MakeTrainable(s_muon);
        var (expected, momentum) = (start, zeros(shape));
        for (var step = 1; step <= 2; step++)
        {
            var gradient = randn(shape, generator: generator);
            if (transposed) gradient = gradient.transpose(0, 1).contiguous().transpose(0, 1);
            OneUpdate.Apply(parameter, gradient, step, Rate, s_muon);
            var wide = gradient.Times(1 - 0.95);
            momentum = momentum.Times(0.95).Plus(wide);
            var direction = momentum.Times(0.95).Plus(wide);
            var isTall = shape[^2] > shape[^1];
            var x = isTall ? direction.transpose(-2, -1) : direction;
            x = x / x.mul(x).sum([-2, -1], keepdim: true).sqrt().Clamped(1e-7, null);
            for (var i = 0; i < 5; i++)
            {
                var square = x.matmul(x.transpose(-2, -1));
                var polynomial = square.Times(-4.7750).Plus(square.matmul(square).Times(2.0315));
                x = x.Times(3.4445).Plus(polynomial.matmul(x));
            }

            var added = (isTall ? x.transpose(-2, -1) : x).Times(-Rate * 0.2 * Math.Sqrt(Math.Max(shape[^1], shape[^2])));
            expected = expected.Times(1 - (Rate * Decay)).Plus(added);
        }

        Assert.True(expected.equal(parameter.Value.detach()).all().item<bool>());
    }

    [Theory]
    [InlineData(64, 16)]
    [InlineData(16, 64)]
    public void Apply_moves_every_direction_of_a_matrix_about_as_far(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var dtypes = PartDtypes.Parse("float32", "float32");
        using var generator = new Generator(5);
        using var parameter = new Parameter(new ParameterSpec("w", [rows, columns], Decay: true), zeros(rows, columns), dtypes);
        parameter.MakeTrainable(s_muon);
        OneUpdate.Apply(parameter, randn([rows, columns], generator: generator), 1, 1, s_muon);

        var moved = linalg.svdvals(parameter.Value.detach()).data<float>().ToArray();
        var size = 0.2 * Math.Sqrt(Math.Max(rows, columns));
        Assert.All(moved, value => Assert.InRange(value / size, 0.6, 1.3));
    }

    [Fact]
    public void Apply_stacked_experts_move_like_matrices_of_their_own()
    {
        using var scope = NewDisposeScope();
        var dtypes = PartDtypes.Parse("float32", "float32");
        using var generator = new Generator(7);
        using var gradient = randn([3, 6, 4], generator: generator);
        using var stack = new Parameter(new ParameterSpec("experts", [3, 6, 4], Decay: true), zeros(3, 6, 4), dtypes);
        stack.MakeTrainable(s_muon);
        OneUpdate.Apply(stack, gradient, 1, Rate, s_muon);
        for (var expert = 0; expert < 3; expert++)
        {
            using var alone = new Parameter(new ParameterSpec("expert", [6, 4], Decay: true), zeros(6, 4), dtypes);
            alone.MakeTrainable(s_muon);
            OneUpdate.Apply(alone, gradient[expert], 1, Rate, s_muon);
            Assert.True(stack.Value.detach()[expert].allclose(alone.Value.detach(), rtol: 1e-5, atol: 1e-7));
        }
    }

    [Fact]
    public void StateTensors_embedding_head_and_vectors_are_left_to_AdamW()
    {
        var config = TinyModel.Config(bias: true);
        var dtypes = PartDtypes.Parse("float32", "float32");
        string[] Names(ParameterSpec spec) => [.. s_muon.StateTensors(spec, dtypes).Select(t => t.Name)];

        foreach (var spec in config.EmbeddingSpecs().Concat(config.HeadSpecs()))
            Assert.Equal(["exp_avg", "exp_avg_sq"], Names(spec));
        foreach (var spec in config.LayerSpecs(0))
            Assert.Equal(spec.Shape.Count == 2 ? ["momentum_buffer"] : ["exp_avg", "exp_avg_sq"], Names(spec));
    }

    // K. Jordan et al. 2024, in float64: X <- aX + b(XX')X + c(XX')(XX')X, five times, begun with X of Frobenius norm 1.
    private static double[,] NewtonSchulz(double[,] g)
    {
        if (g.GetLength(0) > g.GetLength(1)) return Transposed(NewtonSchulz(Transposed(g)));
        var x = Sum(1 / Norm(g), g, 0, g);
        for (var i = 0; i < 5; i++)
        {
            var square = Product(x, Transposed(x));
            x = Sum(3.4445, x, 1, Product(Sum(-4.7750, square, 2.0315, Product(square, square)), x));
        }

        return x;
    }
}
