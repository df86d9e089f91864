using static LisaOrleans.Model.Tests.Float64Matrix;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class ApolloTests
{
    private const double Rate = 1e-2;
    private const double Decay = 0.2;
    private static readonly AdamW s_adamW = new(0.9, 0.95, 1e-8, Decay);
    private static readonly PartDtypes s_float32 = PartDtypes.Parse("float32", "float32");

    [Theory]
    [InlineData("float32", "float32", 2e-5, 6, 4, 2, false, false)]
    [InlineData("float32", "float32", 2e-5, 6, 4, 2, false, true)]
    [InlineData("float32", "float32", 2e-5, 3, 8, 2, false, false)]
    [InlineData("float32", "float32", 2e-5, 3, 8, 2, false, true)]
    [InlineData("float32", "float32", 2e-5, 5, 5, 100, false, false)]
    [InlineData("float32", "float32", 2e-5, 6, 4, 1, true, false)]
    [InlineData("float32", "float32", 2e-5, 6, 4, 1, true, true)]
    [InlineData("float32", "float32", 2e-5, 3, 8, 1, true, false)]
    [InlineData("float32", "float32", 2e-5, 3, 8, 1, true, true)]
    [InlineData("bfloat16", "float32", 1e-2, 5, 4, 2, false, false)]
    [InlineData("bfloat16", "float32", 1e-2, 5, 4, 2, false, true)]
    [InlineData("bfloat16", "bfloat16", 5e-2, 5, 4, 1, true, false)]
    [InlineData("bfloat16", "bfloat16", 5e-2, 5, 4, 1, true, true)]
    public void Apply_many_updates_equal_the_formula(
        string dtype, string stateDtype, double tolerance, int rows, int columns, int rank, bool perTensor, bool correctsLast)
    {
        using var scope = NewDisposeScope();
        const double Scale = 4;
        var apollo = new Apollo(s_adamW, rank, UpdateProjGap: 2, Scale, perTensor, Seed: 9, correctsLast);
        var dtypes = PartDtypes.Parse(dtype, stateDtype);
        using var generator = new Generator(5);
        using var start = randn([rows, columns], generator: generator);
        using var parameter = new Parameter(new ParameterSpec("w", [rows, columns], Decay: true), start.to(dtypes.Compute, copy: true), dtypes);
        parameter.MakeTrainable(apollo);
        var w = Matrix(parameter.Value);
        var tall = rows >= columns;
        List<double[,]> projected = [];
        var (before, limited) = (0.0, 0);

        for (var step = 1; step <= 12; step++)
        {
            // They grow and shrink, so that the limiter is met and not met.
            var gradient = (randn([rows, columns], generator: generator) * (step == 4 ? 0.01 : step)).to(dtypes.Compute);
            OneUpdate.Apply(parameter, gradient, step, Rate, apollo);
            var (g, p) = (Matrix(gradient), Matrix(parameter.State!["projection"]));

            // Algorithm 1 of the paper, and its section on the norm-growth limiter. The authors' program (apollo_torch/apollo.py) limits
            // what is not corrected, and puts the correction into the learning rate.
            projected.Add(tall ? Product(g, Transposed(p)) : Product(p, g));
            var direction = AdamDirection(projected, 0.9, 0.95, 1e-8, correctsBias: !correctsLast);
            var r = projected[^1];
            var scaled = perTensor
                ? Sum(Norm(direction) / (Norm(r) + 1e-8), g, 0, g)
                : Make(rows, columns, (i, j) => g[i, j] * Length(direction, tall ? i : j) / (Length(r, tall ? i : j) + 1e-8));
            if (step > 1 && Norm(scaled) > 1.01 * before)
            {
                scaled = Sum(1.01 * before / Norm(scaled), scaled, 0, scaled);
                limited++;
            }

            before = Norm(scaled);
            var correction = correctsLast ? Math.Sqrt(1 - Math.Pow(0.95, step)) / (1 - Math.Pow(0.9, step)) : 1;
            w = Sum(1 - (Rate * Decay), w, -Rate * Math.Sqrt(Scale) * correction, scaled);
        }

        Assert.InRange(limited, 1, 10);
        AssertClose(w, Matrix(parameter.Value), tolerance);

        // Of a channel: a row of a tall matrix, a column of a wide one.
        double Length(double[,] x, int channel) => Math.Sqrt(
            Enumerable.Range(0, x.GetLength(tall ? 1 : 0)).Sum(k => Math.Pow(tall ? x[channel, k] : x[k, channel], 2)));
    }

    [Fact]
    public void Apply_after_a_step_without_gradients_is_not_limited_to_nothing()
    {
        using var scope = NewDisposeScope();
        var apollo = new Apollo(s_adamW with { WeightDecay = 0 }, Rank: 2, UpdateProjGap: 200, Scale: 1, PerTensor: false, Seed: 1);
        using var parameter = new Parameter(new ParameterSpec("w", [6, 4], Decay: true), zeros(6, 4), s_float32);
        parameter.MakeTrainable(apollo);
        OneUpdate.Apply(parameter, zeros(6, 4), 1, Rate, apollo);
        Assert.Equal(0, parameter.Value.detach().abs().max().item<float>());
        OneUpdate.Apply(parameter, ones(6, 4), 2, Rate, apollo);
        Assert.True(parameter.Value.detach().abs().min().item<float>() > 1e-4);
    }

    // An expert that no token reaches in the part's first updates has no gradient in them.
    [Fact]
    public void Apply_matrix_without_a_gradient_when_the_projection_was_due_gets_one_with_its_first()
    {
        using var scope = NewDisposeScope();
        var apollo = new Apollo(s_adamW, Rank: 2, UpdateProjGap: 200, Scale: 1, PerTensor: false, Seed: 1);
        var spec = new ParameterSpec("w", [6, 4], Decay: true);
        using var parameter = new Parameter(spec, zeros(6, 4), s_float32);
        parameter.MakeTrainable(apollo);
        OneUpdate.Apply(parameter, ones(6, 4), stateStep: 2, Rate, apollo);
        Assert.True(parameter.Value.detach().abs().min().item<float>() > 1e-4);

        // It stays until it is due.
        OneUpdate.Apply(parameter, ones(6, 4), stateStep: 3, Rate, apollo);
        Assert.True(parameter.State!["projection"].bytes.SequenceEqual(apollo.Random(spec, new LowRank(spec.Shape, 2), 2).bytes));
    }

    [Fact]
    public void Random_projection_depends_on_seed_name_and_step_and_keeps_lengths()
    {
        using var scope = NewDisposeScope();
        var apollo = new Apollo(s_adamW, Rank: 64, UpdateProjGap: 1, Scale: 1, PerTensor: false, Seed: 1);
        var spec = new ParameterSpec("w", [2, 600, 400], Decay: true);
        var lowRank = new LowRank(spec.Shape, 64);
        var projection = apollo.Random(spec, lowRank, 1);

        Assert.Equal([2, 64, 400], projection.shape);
        Assert.Equal(1 / 64.0, projection.mul(projection).mean().item<float>(), 0.02 / 64);
        Assert.Equal(0, projection.mean().item<float>(), 0.003);
        Assert.True(projection.bytes.SequenceEqual(apollo.Random(spec, lowRank, 1).bytes));
        Assert.False(projection.bytes.SequenceEqual(apollo.Random(spec, lowRank, 2).bytes));
        Assert.False(projection.bytes.SequenceEqual(apollo.Random(spec with { Name = "v" }, lowRank, 1).bytes));
        Assert.False(projection.bytes.SequenceEqual((apollo with { Seed = 2 }).Random(spec, lowRank, 1).bytes));

        // Johnson and Lindenstrauss: within 4 standard deviations of a mean over 64.
        using var generator = new Generator(1);
        var vector = randn([1, 400], generator: generator);
        var ratio = projection[0].matmul(vector.t()).norm().item<float>() / vector.norm().item<float>();
        Assert.InRange(ratio, 1 - (4 / Math.Sqrt(2 * 64)), 1 + (4 / Math.Sqrt(2 * 64)));
    }

    [Fact]
    public void Apply_stacked_experts_have_limits_of_their_own()
    {
        using var scope = NewDisposeScope();
        var apollo = new Apollo(s_adamW, Rank: 2, UpdateProjGap: 200, Scale: 1, PerTensor: true, Seed: 1);
        using var generator = new Generator(7);
        using var stack = new Parameter(new ParameterSpec("experts", [2, 6, 4], Decay: true), zeros(2, 6, 4), s_float32);
        stack.MakeTrainable(apollo);
        OneUpdate.Apply(stack, randn([2, 6, 4], generator: generator), 1, Rate, apollo);

        // As if the first had moved much less before, and the second much more.
        var before = stack.State!["update_norm"].mul(tensor(new float[] { 0.001f, 1000 }).view(2, 1, 1));
        stack.State["update_norm"].copy_(before);
        OneUpdate.Apply(stack, randn([2, 6, 4], generator: generator), 2, Rate, apollo);
        var growth = (stack.State["update_norm"] / before).data<float>().ToArray();
        Assert.Equal(1.01, growth[0], 1e-4);
        Assert.InRange(growth[1], 0, 0.1);
    }

    [Fact]
    public void StateTensors_rank_one_keeps_next_to_nothing()
    {
        var apollo = new Apollo(s_adamW, Rank: 1, UpdateProjGap: 200, Scale: 128, PerTensor: true, Seed: 1);
        var matrix = new ParameterSpec("w", [1000, 600], Decay: true);
        Assert.Equal(4 * ((2 * 1000) + 600 + 1), OptimizerState.BytesOf(matrix, s_float32, apollo));
        var config = TinyModel.Config(bias: true);
        foreach (var spec in config.EmbeddingSpecs().Concat(config.HeadSpecs()).Concat(config.LayerSpecs(0).Where(s => s.Shape.Count == 1)))
            Assert.Equal(s_adamW.StateTensors(spec, s_float32), apollo.StateTensors(spec, s_float32));
    }
}
