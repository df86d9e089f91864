using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class StochasticRoundingTests
{
    private const int Count = 1 << 16;
    private static readonly StochasticRounding s_rounding = new(7);

    // Between two numbers of bfloat16, which has 8 bits; the third has nothing to round.
    [Theory]
    [InlineData(1.001f, 1f, 1.0078125f)]
    [InlineData(-1.006f, -1.0078125f, -1f)]
    [InlineData(3.5f, 3.5f, 3.5f)]
    [InlineData(0f, 0f, 0f)]
    [InlineData(1e-30f, 9.98e-31f, 1.005e-30f)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity)]
    public void Round_number_becomes_one_of_its_neighbours_and_keeps_its_mean(float number, float below, float above)
    {
        using var scope = NewDisposeScope();
        var rounded = s_rounding.Round(tensor(Enumerable.Repeat(number, Count).ToArray()), $"w");
        Assert.True(rounded.bytes.SequenceEqual(rounded.to(ScalarType.BFloat16).to(ScalarType.Float32).bytes));
        var values = rounded.data<float>().ToArray();
        Assert.All(values.Distinct(), v => Assert.InRange(v, below, above));
        Assert.Equal(below == above ? 1 : 2, values.Distinct().Count());
        if (below == above) return;

        // Four standard deviations of the mean of two values.
        var (low, high) = ((double)values.Min(), (double)values.Max());
        var share = (number - low) / (high - low);
        Assert.Equal(number, values.Average(v => (double)v), 4 * (high - low) * Math.Sqrt(share * (1 - share) / Count));
    }

    [Fact]
    public void Round_repeats_itself_for_the_same_seed_and_purpose_only()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var numbers = randn([1000], generator: generator);
        var first = s_rounding.Round(numbers, $"w/{1}").bytes.ToArray();
        Assert.True(s_rounding.Round(numbers, $"w/{1}").bytes.SequenceEqual(first));
        Assert.False(s_rounding.Round(numbers, $"w/{2}").bytes.SequenceEqual(first));
        Assert.False(new StochasticRounding(8).Round(numbers, $"w/{1}").bytes.SequenceEqual(first));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AdamW_updates_too_small_for_bfloat16_count_on_average_only_if_rounded_by_chance(bool byChance)
    {
        using var scope = NewDisposeScope();
        var (weight, second) = Trained(new AdamW(0.9, 0.999, 1e-8, 0, byChance ? s_rounding : null), gradient: 1);

        // A constant gradient makes steps of the learning rate, and a second moment of 1 - 0.999^t.
        var (moved, moment) = (1000 * 1e-5, 1 - Math.Pow(0.999, 1000));
        if (byChance)
        {
            Assert.Equal(1 - moved, weight, 0.1 * moved);
            Assert.Equal(moment, second, 0.01 * moment);
        }
        else
        {
            Assert.Equal(1, weight);
            Assert.True(second < 0.5 * moment, $"{second}");
        }
    }

    public static TheoryData<string> Others => ["muon", "galore", "apollo"];

    [Theory]
    [MemberData(nameof(Others))]
    public void Other_optimizers_round_their_weights_by_chance_too(string name)
    {
        using var scope = NewDisposeScope();
        var adamW = new AdamW(0.9, 0.999, 1e-8, 0);
        Assert.Equal(1, Trained(Make(adamW), gradient: 1).Weight);
        var weight = Trained(Make(adamW with { Rounding = s_rounding }), gradient: 1).Weight;
        Assert.InRange(weight, 0, 1 - 1e-5);

        IPartOptimizer Make(AdamW by) => name switch
        {
            "muon" => new Muon(by),
            "galore" => new GaLore(by, Rank: 4, UpdateProjGap: 100, Scale: 1),
            _ => new Apollo(by, Rank: 4, UpdateProjGap: 100, Scale: 1, PerTensor: false, Seed: 1),
        };
    }

    // A layer that trains again is to round otherwise than before, or each of its weights would always go to the same side.
    [Theory]
    [InlineData("adamw")]
    [InlineData("adamw-8bit")]
    [InlineData("muon")]
    public void Apply_same_gradient_in_a_later_turn_moves_other_weights(string name)
    {
        using var scope = NewDisposeScope();
        var adamW = new AdamW(0.9, 0.999, 1e-8, 0, s_rounding);
        IPartOptimizer optimizer = name switch { "muon" => new Muon(adamW), "adamw-8bit" => new AdamW8Bit(adamW), _ => adamW };
        var (config, dtypes) = (TinyModel.Config(), PartDtypes.Parse("bfloat16", "bfloat16"));
        var weights = TinyModel.Weights(config, dtype: ScalarType.BFloat16);
        var first = weights.ToDictionary(w => w.Key, w => w.Value.clone());
        using var layer = new LayerPart(config, 0, dtypes, optimizer, false, weights) { RandomKeysByStep = true };
        var turn = Moved(layer, 1);
        Assert.NotEqual(turn, Moved(layer, 9));
        Assert.Equal(turn, Moved(layer, 1));

        // As runs of older builds go on.
        using var older = new LayerPart(config, 0, dtypes, optimizer, false, TinyModel.Weights(config, dtype: ScalarType.BFloat16));
        Assert.Equal(Moved(older, 1), Moved(older, 9));

        string Moved(LayerPart part, long step)
        {
            part.TakeExactWeights(first.ToDictionary(w => w.Key, w => w.Value.clone().DetachFromDisposeScope()));
            part.MakeTrainable();
            part.Forward(0, ones(1, 3, 16, ScalarType.BFloat16).DetachFromDisposeScope(), null, train: true, inputGradient: false);
            part.Backward(0, ones(1, 3, 16, ScalarType.BFloat16), null);
            part.Apply(1e-5, 1, step);
            part.Freeze(step);
            return string.Concat(part.Parameters.Select(p => Convert.ToHexString(p.Exact.ne(first[p.Spec.Name]).bytes)));
        }
    }

    // The weights that compute are float32: what a turn of the layer has changed counts on average once they are rounded.
    [Theory]
    [InlineData("float32")]
    [InlineData("float32", true)]
    [InlineData(null)]
    public void Freeze_updates_too_small_for_bfloat16_count_on_average(string? compute, bool restsWide = false)
    {
        using var scope = NewDisposeScope();
        var dtypes = PartDtypes.Parse("bfloat16", "bfloat16", compute);
        if (restsWide) dtypes = dtypes.Widened;
        var adamW = new AdamW(0.9, 0.999, 1e-8, 0, s_rounding);
        using var parameter = new Parameter(new ParameterSpec("w", [256, 256], Decay: true), ones(256, 256, ScalarType.BFloat16), dtypes);
        foreach (var rounding in (StochasticRounding[])[s_rounding, s_rounding with { InPieces = true }])
            Assert.Equal(1 - (20 * 1e-5), Mean(rounding), 4e-5);
        if (compute is not null) Assert.Equal(1, Mean(atLast: null));

        double Mean(StochasticRounding? atLast)
        {
            parameter.Replace(ones(256, 256, ScalarType.BFloat16).DetachFromDisposeScope());
            parameter.MakeTrainable(adamW);
            using var gradient = ones(256, 256, dtypes.Compute);
            for (var update = 1; update <= 20; update++) OneUpdate.Apply(parameter, gradient, update, 1e-5, adamW);
            parameter.Freeze(atLast, step: 20);
            Assert.Equal(dtypes.AtRest, parameter.Exact.dtype);
            Assert.True(parameter.Exact.to(ScalarType.BFloat16).to(dtypes.AtRest).equal(parameter.Exact).all().item<bool>());
            return parameter.Exact.to(ScalarType.Float64).mean().item<double>();
        }
    }

    // A float32 master beside the weight that computes holds what a turn of the layer has changed, until it is let go of.
    [Fact]
    public void Freeze_what_a_float32_master_has_learned_counts_on_average()
    {
        using var scope = NewDisposeScope();
        const double Rate = 1e-6, Moved = 20 * Rate;
        var (dtypes, adamW) = (PartDtypes.Parse("bfloat16", "float32"), new AdamW(0.9, 0.999, 1e-8, 0, s_rounding));
        var before = full([100_000], 0.02, ScalarType.BFloat16);
        var start = before.to(ScalarType.Float64).mean().item<double>();
        Assert.Equal(start, Mean(atLast: null));
        Assert.InRange(start - Mean(s_rounding), 0.9 * Moved, 1.1 * Moved);

        double Mean(StochasticRounding? atLast)
        {
            using var parameter = new Parameter(new ParameterSpec("w", before.shape, Decay: true), before.clone().DetachFromDisposeScope(), dtypes);
            parameter.MakeTrainable(adamW);
            using var gradient = ones(before.shape, ScalarType.BFloat16);
            for (var update = 1; update <= 20; update++) OneUpdate.Apply(parameter, gradient, update, Rate, adamW);
            parameter.Freeze(atLast, step: 20);
            Assert.Equal(ScalarType.BFloat16, parameter.Exact.dtype);
            return parameter.Exact.to(ScalarType.Float64).mean().item<double>();
        }
    }

    // Which replicas without masters are sent, and go on with while it is frozen.
    [Fact]
    public void Apply_that_is_the_last_leaves_the_weights_that_Freeze_does()
    {
        using var scope = NewDisposeScope();
        var (config, dtypes) = (TinyModel.Config(), PartDtypes.Parse("bfloat16", "float32"));
        using var layer = new LayerPart(
            config, 0, dtypes, new AdamW(0.9, 0.999, 1e-8, 0, s_rounding), false, TinyModel.Weights(config, dtype: ScalarType.BFloat16))
        {
            RandomKeysByStep = true,
        };
        layer.MakeTrainable();
        var nearest = Updated(isLast: false);
        var last = Updated(isLast: true);
        layer.Freeze(5);
        Assert.Equal(last, Bits());
        Assert.NotEqual(nearest, last);

        string Updated(bool isLast)
        {
            layer.Forward(0, ones(1, 3, 16, ScalarType.BFloat16).DetachFromDisposeScope(), null, train: true, inputGradient: false);
            layer.Backward(0, ones(1, 3, 16, ScalarType.BFloat16), null);
            layer.Apply(1e-5, 1, 5, isLast);
            return Bits();
        }

        string Bits() => string.Concat(layer.Parameters.Select(p => Convert.ToHexString(p.Exact.clone().bytes)));
    }

    private static (double Weight, double SecondMoment) Trained(IPartOptimizer optimizer, float gradient)
    {
        var dtypes = PartDtypes.Parse("bfloat16", "bfloat16");
        using var parameter = new Parameter(new ParameterSpec("w", [64, 64], Decay: true), ones(64, 64, ScalarType.BFloat16), dtypes);
        parameter.MakeTrainable(optimizer);
        using var gradients = (ones(64, 64) * tensor(gradient)).to(ScalarType.BFloat16);
        for (var step = 1; step <= 1000; step++) OneUpdate.Apply(parameter, gradients, step, 1e-5, optimizer);
        var second = optimizer is AdamW ? parameter.State!["exp_avg_sq"].to(ScalarType.Float64).mean().item<double>() : 0;
        return (parameter.State!.Weight.to(ScalarType.Float64).mean().item<double>(), second);
    }
}
