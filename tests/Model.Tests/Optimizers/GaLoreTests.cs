using static LisaOrleans.Model.Tests.Float64Matrix;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class GaLoreTests
{
    private const double Rate = 1e-2;
    private const double Decay = 0.2;
    private const double Scale = 0.25;
    private static readonly AdamW s_adamW = new(0.9, 0.95, 1e-8, Decay);
    private static readonly PartDtypes s_float32 = PartDtypes.Parse("float32", "float32");

    // With the rank of the shorter side nothing of a gradient is lost: what is left is AdamW in another basis.
    [Theory]
    [InlineData("float32", "float32", 2e-5, 6, 4, 4)]
    [InlineData("float32", "float32", 2e-5, 3, 8, 100)]
    [InlineData("float32", "float32", 2e-5, 5, 5, 5)]
    [InlineData("float32", "float32", 2e-5, 7, 5, 2)]
    [InlineData("float32", "float32", 2e-5, 5, 7, 2)]
    [InlineData("bfloat16", "float32", 1e-2, 5, 4, 4)]
    [InlineData("bfloat16", "bfloat16", 3e-2, 5, 4, 4)]
    public void Apply_equals_AdamW_in_the_projected_basis(
        string dtype, string stateDtype, double tolerance, int rows, int columns, int rank)
    {
        using var scope = NewDisposeScope();
        var galore = new GaLore(s_adamW, rank, UpdateProjGap: 2, Scale);
        var dtypes = PartDtypes.Parse(dtype, stateDtype);
        using var generator = new Generator(3);
        using var start = randn([rows, columns], generator: generator);
        using var parameter = new Parameter(new ParameterSpec("w", [rows, columns], Decay: true), start.to(dtypes.Compute, copy: true), dtypes);
        parameter.MakeTrainable(galore);
        var w = Matrix(parameter.Value);
        var tall = rows >= columns;
        var kept = Math.Min(rank, Math.Min(rows, columns));
        List<double[,]> projected = [];

        for (var step = 1; step <= 5; step++)
        {
            var gradient = randn([rows, columns], generator: generator).to(dtypes.Compute);
            OneUpdate.Apply(parameter, gradient, step, Rate, galore);
            var p = Matrix(parameter.State!["projection"]);
            AssertClose(Make(kept, kept, (i, j) => i == j ? 1 : 0), Product(p, Transposed(p)), 1e-5);

            // Algorithm 2 of the paper.
            projected.Add(tall ? Product(Matrix(gradient), Transposed(p)) : Product(p, Matrix(gradient)));
            var direction = AdamDirection(projected, 0.9, 0.95, 1e-8);
            var back = tall ? Product(direction, p) : Product(Transposed(p), direction);
            w = Sum(1 - (Rate * Decay), w, -Rate * Scale, back);
        }

        AssertClose(w, Matrix(parameter.Value), tolerance);
    }

    [Theory]
    [InlineData(9, 6)]
    [InlineData(6, 9)]
    public void Apply_projection_keeps_the_largest_singular_values_until_it_is_made_anew(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var galore = new GaLore(s_adamW, Rank: 2, UpdateProjGap: 3, Scale);
        using var generator = new Generator(4);
        using var parameter = new Parameter(
            new ParameterSpec("w", [rows, columns], Decay: true), zeros(rows, columns), PartDtypes.Parse("float32", "float32"));
        parameter.MakeTrainable(galore);
        byte[] before = [];
        for (var step = 1; step <= 4; step++)
        {
            var gradient = randn([rows, columns], generator: generator);
            OneUpdate.Apply(parameter, gradient, step, Rate, galore);
            var projection = parameter.State!["projection"];
            if (step is 1 or 4)
            {
                var p = Matrix(projection);
                var g = Matrix(gradient);
                var largest = linalg.svdvals(gradient.to(ScalarType.Float64)).data<double>().Take(2).Sum(v => v * v);
                Assert.Equal(largest, Math.Pow(Norm(rows > columns ? Product(g, Transposed(p)) : Product(p, g)), 2), 1e-4 * largest);
            }

            Assert.Equal(step is 2 or 3, before.AsSpan().SequenceEqual(projection.bytes));
            before = projection.bytes.ToArray();
        }
    }

    // An expert that no token reaches in the part's first updates has no gradient in them.
    [Fact]
    public void Apply_matrix_without_a_gradient_when_the_projection_was_due_gets_one_with_its_first()
    {
        using var scope = NewDisposeScope();
        var galore = new GaLore(s_adamW, Rank: 2, UpdateProjGap: 200, Scale);
        using var generator = new Generator(8);
        using var parameter = new Parameter(
            new ParameterSpec("w", [6, 4], Decay: true), zeros(6, 4), PartDtypes.Parse("float32", "float32"));
        parameter.MakeTrainable(galore);
        OneUpdate.Apply(parameter, randn([6, 4], generator: generator), stateStep: 2, Rate, galore);
        Assert.True(parameter.Value.detach().abs().min().item<float>() > 0);

        // It stays until it is due.
        var first = parameter.State!["projection"].bytes.ToArray();
        OneUpdate.Apply(parameter, randn([6, 4], generator: generator), stateStep: 3, Rate, galore);
        Assert.True(first.AsSpan().SequenceEqual(parameter.State!["projection"].bytes));
    }

    // The gradient of LoRA's A is zeros in the first update, as B is; and B has the rank of its projection after it, as A's next gradient.
    [Fact]
    public void Apply_all_rows_of_an_A_of_larger_rank_move_once_B_is_not_zeros()
    {
        using var scope = NewDisposeScope();
        var galore = new GaLore(s_adamW with { WeightDecay = 0 }, Rank: 2, UpdateProjGap: 200, Scale, WaitsForGradients: true);
        using var generator = new Generator(9);
        var slope = randn([8, 10], generator: generator);
        using var a = Made(galore, randn([6, 10], generator: generator));
        using var b = Made(galore, zeros(8, 6));
        var start = a.Value.detach().clone();
        Update(a, b.Value.detach().t().matmul(slope), 1);
        Assert.False(a.State!["projection"].any().item<bool>());
        Update(b, slope.matmul(start.t()), 1);

        using var resumed = Made(galore, a.Value.detach().clone());
        resumed.State!.RestoreMoments(a.State.Moments().ToDictionary(t => t.Name, t => t.Value));
        var gradient = b.Value.detach().t().matmul(slope);
        Update(a, gradient, 2);
        Update(resumed, gradient, 2);
        Assert.Equal(resumed.Value.bytes, a.Value.bytes);
        Assert.All((a.Value.detach() - start).abs().amax([1]).data<float>().ToArray(), moved => Assert.True(moved > 1e-5));

        // Nothing of the gradient was lost.
        var p = a.State["projection"];
        AssertClose(Matrix(gradient), Matrix(p.t().matmul(p.matmul(gradient))), 1e-5);

        void Update(Parameter parameter, Tensor gradient, int step) => OneUpdate.Apply(parameter, gradient, step, Rate, galore);
    }

    // Updates 1 and 4 are due. The second expert has no tokens in the first, and the third none in the fourth.
    [Fact]
    public void Apply_experts_without_a_gradient_keep_the_projections_that_they_have()
    {
        using var scope = NewDisposeScope();
        var galore = new GaLore(s_adamW, Rank: 2, UpdateProjGap: 3, Scale, WaitsForGradients: true);
        using var generator = new Generator(10);
        using var stack = Made(galore, zeros(3, 6, 4));
        var gradients = Enumerable.Range(1, 4).Select(_ => randn([3, 6, 4], generator: generator)).ToArray();
        gradients[0][1].zero_();
        gradients[3][2].zero_();
        int[][] madeIn = [[1, 0, 1], [1, 2, 1], [1, 2, 1], [4, 4, 1]];
        for (var step = 1; step <= 4; step++)
        {
            OneUpdate.Apply(stack, gradients[step - 1], step, Rate, galore);
            for (var expert = 0; expert < 3; expert++)
            {
                var made = madeIn[step - 1][expert];
                using var alone = Made(galore, zeros(6, 4));
                if (made > 0) OneUpdate.Apply(alone, gradients[made - 1][expert], 1, Rate, galore);
                Assert.Equal(alone.State!["projection"].bytes, stack.State!["projection"][expert].bytes);
            }
        }
    }

    [Fact]
    public void Apply_stacked_experts_move_like_matrices_of_their_own()
    {
        using var scope = NewDisposeScope();
        var dtypes = PartDtypes.Parse("float32", "float32");
        var galore = new GaLore(s_adamW, Rank: 3, UpdateProjGap: 10, Scale);
        using var generator = new Generator(7);
        using var gradient = randn([3, 6, 4], generator: generator);
        using var stack = new Parameter(new ParameterSpec("experts", [3, 6, 4], Decay: true), zeros(3, 6, 4), dtypes);
        stack.MakeTrainable(galore);
        OneUpdate.Apply(stack, gradient, 1, Rate, galore);
        for (var expert = 0; expert < 3; expert++)
        {
            using var alone = new Parameter(new ParameterSpec("expert", [6, 4], Decay: true), zeros(6, 4), dtypes);
            alone.MakeTrainable(galore);
            OneUpdate.Apply(alone, gradient[expert], 1, Rate, galore);
            AssertClose(Matrix(alone.Value), Matrix(stack.Value.detach()[expert]), 1e-5);
        }
    }

    [Fact]
    public void StateTensors_only_hidden_matrices_are_small()
    {
        var galore = new GaLore(s_adamW, Rank: 4, UpdateProjGap: 200, Scale);
        var dtypes = PartDtypes.Parse("bfloat16", "bfloat16");
        string[] Shapes(ParameterSpec spec) => [.. galore.StateTensors(spec, dtypes).Select(t => $"{t.Name} {string.Join('x', t.Shape)} {t.DType}")];

        Assert.Equal(
            ["exp_avg 10x4 BFloat16", "exp_avg_sq 10x4 BFloat16", "projection 4x6 Float32"], Shapes(new ParameterSpec("w", [10, 6], Decay: true)));
        Assert.Equal(
            ["exp_avg 2x4x10 BFloat16", "exp_avg_sq 2x4x10 BFloat16", "projection 2x4x6 Float32"],
            Shapes(new ParameterSpec("w", [2, 6, 10], Decay: true)));
        var config = TinyModel.Config(bias: true);
        foreach (var spec in config.EmbeddingSpecs().Concat(config.HeadSpecs()).Concat(config.LayerSpecs(0).Where(s => s.Shape.Count == 1)))
            Assert.Equal(s_adamW.StateTensors(spec, dtypes), galore.StateTensors(spec, dtypes));
    }

    private static Parameter Made(GaLore galore, Tensor weight)
    {
        var parameter = new Parameter(new ParameterSpec("w", weight.shape, Decay: true), weight, s_float32);
        parameter.MakeTrainable(galore);
        return parameter;
    }
}
