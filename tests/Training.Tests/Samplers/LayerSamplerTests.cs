namespace LisaOrleans.Training.Tests;

public sealed class LayerSamplerTests
{
    [Theory]
    [InlineData(6, 1, 1UL)]
    [InlineData(6, 2, 2UL)]
    [InlineData(6, 2, 42UL)]
    [InlineData(5, 3, 7UL)]
    [InlineData(22, 2, 3UL)]
    public void UniformSampler_many_periods_draw_every_set_of_layers_equally_often(int layers, int active, ulong seed)
    {
        const int Periods = 40_000;
        var spec = Spec("uniform", active) with { Seed = seed };
        var sets = Enumerable.Range(0, Periods)
            .CountBy(period => string.Join(',', Select(spec, layers, period)))
            .ToDictionary(s => s.Key, s => s.Value);

        var count = Choose(layers, active);
        Assert.Equal(count, sets.Count);
        var expected = (double)Periods / count;
        var chiSquare = sets.Values.Sum(n => (n - expected) * (n - expected) / expected);

        // Wilson and Hilferty's approximation of the 99.9 % quantile.
        var freedom = count - 1;
        var limit = freedom * Math.Pow(1 - (2.0 / (9 * freedom)) + (3.09 * Math.Sqrt(2.0 / (9 * freedom))), 3);
        Assert.True(chiSquare < limit, $"chi-square {chiSquare} is above {limit}");
    }

    [Theory]
    [InlineData("uniform")]
    [InlineData("round-robin")]
    [InlineData("weighted")]
    [InlineData("gradient-norm")]
    public void Select_returns_as_many_layers_as_asked_for_in_order(string strategy)
    {
        for (var active = 0; active <= 6; active++)
        {
            for (var period = 0; period < 50; period++)
            {
                var layers = Select(Spec(strategy, active), 6, period);
                Assert.Equal(active, layers.Count);
                Assert.Equal(layers.Distinct().Order(), layers);
                Assert.All(layers, l => Assert.InRange(l, 0, 5));
            }
        }
    }

    [Fact]
    public void UniformSampler_any_order_of_periods_depends_on_seed_and_period_only()
    {
        var spec = Spec("uniform", 2);
        var forward = Draw(Enumerable.Range(0, 500), spec);
        var backward = Draw(Enumerable.Range(0, 500).Reverse(), spec with { LearningRate = 7 }).Reverse();
        Assert.Equal(forward, backward);
        Assert.NotEqual(forward, Draw(Enumerable.Range(0, 500), spec with { Seed = 6 }));

        static string[] Draw(IEnumerable<int> periods, TrainingSpec spec) =>
            [.. periods.Select(p => string.Join(',', Select(spec, 6, p)))];
    }

    [Theory]
    [InlineData(6, 2)]
    [InlineData(6, 4)]
    [InlineData(5, 3)]
    public void RoundRobinSampler_whole_round_trains_every_layer_equally_often(int layers, int active)
    {
        var spec = Spec("round-robin", active);
        var turns = Enumerable.Range(0, layers).SelectMany(p => Select(spec, layers, p)).CountBy(l => l).ToDictionary();
        Assert.Equal(layers, turns.Count);
        Assert.All(turns.Values, t => Assert.Equal(active, t));

        var sweep = Enumerable.Range(0, (layers + active - 1) / active).SelectMany(p => Select(spec, layers, p));
        Assert.Equal(layers, sweep.Distinct().Count());
    }

    [Fact]
    public void FixedSampler_every_period_is_the_list()
    {
        var spec = Spec("fixed", 1) with { LisaFixedLayers = [4, 0, 2] };
        Assert.All(Enumerable.Range(0, 20), p => Assert.Equal([0, 2, 4], Select(spec, 6, p)));
    }

    [Fact]
    public void FullMethod_any_step_is_in_one_endless_period_of_all_layers()
    {
        var spec = Spec("uniform", 2) with { Method = TrainingMethods.Full };
        Assert.Equal([0, 1, 2, 3, 4, 5], Select(spec, 6, 0));
        Assert.All(Enumerable.Range(1, 100), step => Assert.Equal((0, false), (Methods.PeriodOf(spec, step), Methods.EndsPeriod(spec, step))));
    }

    [Fact]
    public void PeriodOf_changes_after_the_interval()
    {
        var spec = Spec("uniform", 2) with { LisaIntervalSteps = 3 };
        Assert.Equal([0, 0, 0, 1, 1, 1, 2], Enumerable.Range(1, 7).Select(s => Methods.PeriodOf(spec, s)));
        Assert.Equal([3, 6, 9], Enumerable.Range(1, 10).Where(s => Methods.EndsPeriod(spec, s)));
    }

    [Fact]
    public void LayerRate_rises_at_the_beginning_of_each_period()
    {
        var spec = Spec("uniform", 2) with { LisaIntervalSteps = 5, LisaWarmupSteps = 4 };
        Assert.Equal([0.25, 0.5, 0.75, 1, 1, 0.25, 0.5], Enumerable.Range(1, 7).Select(s => Methods.Of(spec).LayerRate(spec, s)));
        foreach (var steps in (int[])[0, 1])
            Assert.All(Enumerable.Range(1, 7), s => Assert.Equal(1, Methods.Of(spec).LayerRate(spec with { LisaWarmupSteps = steps }, s)));
    }

    [Theory]
    [InlineData(6, 2)]
    [InlineData(6, 4)]
    [InlineData(5, 3)]
    [InlineData(22, 2)]
    public void ReshuffledSampler_each_sweep_trains_every_layer_once_in_a_new_order(int layers, int active)
    {
        var spec = Spec("reshuffled", active);
        var blocks = (layers + active - 1) / active;
        var sweeps = Enumerable.Range(0, 200).Select(
            s => Enumerable.Range(s * blocks, blocks).Select(p => Select(spec, layers, p)).ToArray()).ToArray();
        Assert.All(sweeps, sweep =>
        {
            Assert.Equal(Enumerable.Range(0, layers), sweep.SelectMany(l => l).Order());
            Assert.All(sweep[..^1], l => Assert.Equal(active, l.Count));
        });
        Assert.True(sweeps.Select(s => string.Join(';', s.Select(l => string.Join(',', l)))).Distinct().Count() >= 10);
    }

    [Fact]
    public void WeightedSampler_known_gradients_draws_layers_in_proportion_and_forgets_none()
    {
        const int Periods = 40_000;
        double?[] norms = [4, 2, 1, 1, 0];
        LayerStatistics[] layers = [.. norms.Select((n, i) => new LayerStatistics(i, 10, n))];
        var sampler = LayerSamplers.All["weighted"];
        var spec = Spec("weighted", 1);
        var counts = Enumerable.Range(0, Periods).Select(p => sampler.Select(new SamplingTurn(spec, 5, p, layers))[0]).CountBy(l => l).ToDictionary();

        // The last counts for a tenth of the average, 0.16.
        double[] shares = [4 / 8.16, 2 / 8.16, 1 / 8.16, 1 / 8.16, 0.16 / 8.16];
        for (var i = 0; i < shares.Length; i++)
        {
            var deviation = Math.Sqrt(shares[i] * (1 - shares[i]) / Periods);
            Assert.InRange((double)counts[i] / Periods, shares[i] - (4 * deviation), shares[i] + (4 * deviation));
        }
    }

    [Fact]
    public void WeightedSampler_layer_that_has_not_trained_counts_as_much_as_the_most_important()
    {
        LayerStatistics[] layers = [new(0, 5, 3), new(1, 0, null), new(2, 5, 1e-9)];
        var sampler = LayerSamplers.All["weighted"];
        var counts = Enumerable.Range(0, 10_000).Select(
            p => sampler.Select(new SamplingTurn(Spec("weighted", 1), 3, p, layers))[0]).CountBy(l => l).ToDictionary();
        Assert.InRange((double)counts[1] / counts[0], 0.9, 1.1);
        Assert.True(counts[2] < counts[0] / 5);
    }

    [Fact]
    public void GradientNormSampler_known_gradients_draws_layers_by_their_softmax()
    {
        const int Periods = 40_000;
        double?[] norms = [4, 2, 1, null, 0.5];
        LayerStatistics[] layers = [.. norms.Select((n, i) => new LayerStatistics(i, 10, n))];
        var spec = Spec("gradient-norm", 1);
        var sampler = LayerSamplers.All["gradient-norm"];
        var counts = Enumerable.Range(0, Periods).Select(p => sampler.Select(new SamplingTurn(spec, 5, p, layers))[0]).CountBy(l => l).ToDictionary();

        // The one without a norm counts as the largest; their mean is 2.3.
        double[] shares = [.. ((double[])[4, 2, 1, 4, 0.5]).Select(n => Math.Exp(n / 2.3))];
        for (var i = 0; i < shares.Length; i++)
        {
            var share = shares[i] / shares.Sum();
            var deviation = Math.Sqrt(share * (1 - share) / Periods);
            Assert.InRange((double)counts.GetValueOrDefault(i) / Periods, share - (4 * deviation), share + (4 * deviation));
        }
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1e-9)]
    [InlineData(1e9)]
    public void GradientNormSampler_weights_equal_the_exponential_whatever_the_scale(double scale)
    {
        double[] norms = [3, 1e-3, 0, 7, 0.2, 90];
        var weights = GradientNormSampler.Weights([.. norms.Select((n, i) => new LayerStatistics(i, 1, n * scale))]);
        for (var i = 0; i < norms.Length; i++)
            Assert.Equal(Math.Exp((norms[i] - 90) / norms.Average()), weights[i], 1e-12);
        Assert.Equal(1, weights[5]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void GradientNormSampler_without_any_gradient_so_far_prefers_none(bool trained)
    {
        LayerStatistics[] layers = [.. Enumerable.Range(0, 4).Select(i => new LayerStatistics(i, trained ? 1 : 0, trained ? 0 : null))];
        Assert.All(GradientNormSampler.Weights(layers), w => Assert.Equal(1, w));
    }

    [Fact]
    public void OutlierSampler_known_outliers_draws_layers_in_proportion_and_forgets_none()
    {
        const int Periods = 40_000;
        double[] outliers = [0.4, 0.2, 0.1, 0.1, 0];
        var spec = Spec("outlier", 1);
        var counts = Enumerable.Range(0, Periods)
            .Select(p => LayerSamplers.All["outlier"].Select(new SamplingTurn(spec, 5, p, [], outliers))[0]).CountBy(l => l).ToDictionary();

        // The last counts for a tenth of the average, 0.016.
        double[] shares = [0.4 / 0.816, 0.2 / 0.816, 0.1 / 0.816, 0.1 / 0.816, 0.016 / 0.816];
        for (var i = 0; i < shares.Length; i++)
        {
            var deviation = Math.Sqrt(shares[i] * (1 - shares[i]) / Periods);
            Assert.InRange((double)counts[i] / Periods, shares[i] - (4 * deviation), shares[i] + (4 * deviation));
        }
    }

    [Fact]
    public void OutlierSampler_weights_without_outliers_are_all_alike()
    {
        var counts = Enumerable.Range(0, 4000)
            .Select(p => LayerSamplers.All["outlier"].Select(new SamplingTurn(Spec("outlier", 1), 4, p, [], [0, 0, 0, 0]))[0]).CountBy(l => l);
        Assert.All(counts, c => Assert.InRange(c.Value, 850, 1150));
    }

    [Fact]
    public void BadamMethod_each_sweep_trains_every_layer_once_alone_in_a_new_order()
    {
        var spec = TinyStories.BadamSpec(1, interval: 3);
        var sweeps = Enumerable.Range(0, 200)
            .Select(s => Enumerable.Range(s * 6, 6).Select(p => Assert.Single(Select(spec, 6, p))).ToArray()).ToArray();
        Assert.All(sweeps, sweep => Assert.Equal([0, 1, 2, 3, 4, 5], sweep.Order()));
        Assert.True(sweeps.Select(s => string.Join(',', s)).Distinct().Count() >= 10);
        Assert.Equal([0, 0, 0, 1, 1, 1, 2], Enumerable.Range(1, 7).Select(s => Methods.PeriodOf(spec, s)));
        Assert.Equal((1, PartTraining.Frozen), (Methods.Of(spec).MostLayers(spec, 6), Methods.Of(spec).Ends(spec)));
    }

    private static IReadOnlyList<int> Select(TrainingSpec spec, int layers, long period) =>
        Methods.Of(spec).Plan(
            new SamplingTurn(spec, layers, period, [.. Enumerable.Range(0, layers).Select(l => new LayerStatistics(l, 0, null))])).Layers;

    private static TrainingSpec Spec(string strategy, int active) =>
        TinyStories.Spec(1) with { LisaStrategy = strategy, LisaActivatedLayers = active };

    private static int Choose(int n, int k) => k == 0 ? 1 : Choose(n - 1, k - 1) * n / k;
}
