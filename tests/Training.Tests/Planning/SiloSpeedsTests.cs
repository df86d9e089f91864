namespace LisaOrleans.Training.Tests;

public sealed class SiloSpeedsTests
{
    private static readonly TrainingSilo[] s_silos = [.. "abc".Select(name => new TrainingSilo($"{name}", 0, 1))];

    [Fact]
    public void Of_silos_that_were_not_measured_are_equal()
    {
        var speeds = new SiloSpeeds();
        Assert.Equal(s_silos, speeds.Of(s_silos));
        Steps(speeds, 1, ("a", 100, 0));
        Assert.Equal(s_silos, speeds.Of(s_silos));
        Assert.Empty(speeds.Measured);
    }

    // Of a and b the median is between; a silo that has just joined counts as that.
    [Fact]
    public void Of_speeds_are_relative_to_the_median_and_a_new_silo_has_it()
    {
        var speeds = new SiloSpeeds();
        Steps(speeds, 20, ("a", 100, 1), ("b", 100, 2));
        Assert.Equal((100, 50), (speeds.Measured["a"], speeds.Measured["b"]));
        var found = speeds.Of(s_silos);
        Assert.Equal(2, found[0].Speed / found[1].Speed, 12);
        Assert.Equal(1, found[2].Speed);
        Steps(speeds, 20, ("a", 100, 1), ("b", 100, 2), ("c", 100, 1));
        Assert.Equal([1, 0.5, 1], speeds.Of(s_silos).Select(s => s.Speed));
    }

    // As a run's grain does that has moved; what it measures itself counts more, and who is gone is forgotten.
    [Fact]
    public void Recall_what_another_has_measured_counts_until_it_is_measured_anew()
    {
        var (before, speeds) = (new SiloSpeeds(), new SiloSpeeds());
        Steps(before, 20, ("a", 100, 1), ("b", 100, 2), ("gone", 100, 1));
        Steps(speeds, 20, ("a", 100, 4));
        speeds.Recall(before.Measured);
        speeds.Begin(s_silos);
        Assert.Equal(["a", "b"], speeds.Measured.Keys.Order());
        Assert.Equal((25, 50), (speeds.Measured["a"], speeds.Measured["b"]));
        Steps(speeds, 100, ("a", 100, 4), ("b", 100, 8));
        Assert.Equal(12.5, speeds.Measured["b"], 1);
    }

    // Or it would be left out for good after a bad moment.
    [Fact]
    public void Of_silo_that_has_had_nothing_to_do_for_long_is_as_fast_as_the_median_again()
    {
        var speeds = new SiloSpeeds();
        Steps(speeds, 20, ("a", 100, 1), ("b", 100, 1), ("c", 100, 4));
        Assert.Equal([1, 1, 0.25], speeds.Of(s_silos).Select(s => s.Speed));
        Steps(speeds, 9, ("a", 100, 1), ("b", 100, 1));
        Assert.Equal(0.25, speeds.Of(s_silos)[2].Speed);
        Steps(speeds, 1, ("a", 100, 1), ("b", 100, 1));
        Assert.Equal(1, speeds.Of(s_silos)[2].Speed);
    }

    [Fact]
    public void Of_differences_of_a_few_percent_are_none()
    {
        var speeds = new SiloSpeeds();
        Steps(speeds, 20, ("a", 100, 1), ("b", 100, 1.03), ("c", 100, 0.97));
        Assert.Equal(s_silos, speeds.Of(s_silos));
    }

    // Another share of the work changes nothing about how fast a silo is.
    [Fact]
    public void Add_more_work_in_more_time_is_the_same_speed()
    {
        var speeds = new SiloSpeeds();
        Steps(speeds, 20, ("a", 100, 1), ("b", 100, 2));
        speeds.Loaded();
        Steps(speeds, 20, ("a", 300, 3), ("b", 50, 1));
        Assert.Equal((100, 50), (speeds.Measured["a"], speeds.Measured["b"]));
    }

    [Fact]
    public void Add_steps_right_after_loading_do_not_count()
    {
        var speeds = new SiloSpeeds();
        speeds.Add([("a", 100, 50)]);
        speeds.Add([("a", 100, 20)]);
        Assert.Empty(speeds.Measured);
        speeds.Add([("a", 100, 1)]);
        Assert.Equal(100, speeds.Measured["a"]);
        speeds.Loaded();
        speeds.Add([("a", 100, 70)]);
        speeds.Add([("a", 100, 70)]);
        Assert.Equal(100, speeds.Measured["a"]);
    }

    // One step out of sixteen that takes twice as long is a sixteenth more, and is forgotten.
    [Fact]
    public void Add_a_single_slow_step_hardly_counts()
    {
        var speeds = new SiloSpeeds();
        Steps(speeds, 40, ("a", 100, 1));
        speeds.Add([("a", 100, 2)]);
        Assert.Equal(100 / (17 / 16.0), speeds.Measured["a"], 9);
        Steps(speeds, 200, ("a", 100, 4));
        Assert.Equal(25, speeds.Measured["a"], 3);
    }

    // However the measurements vary, plans change less and less often: within n steps at most about log2(n / 10) times.
    [Fact]
    public void MayMove_each_plan_stays_twice_as_long_until_there_are_other_silos()
    {
        var speeds = new SiloSpeeds();
        var moves = new List<int>();
        for (var step = 0; step < 2000; step++)
        {
            if (speeds.MayMove)
            {
                moves.Add(step);
                speeds.Moved();
                speeds.Loaded();
            }

            speeds.Add([("a", 100, step % 2 == 0 ? 1 : 3)]);
        }

        Assert.Equal([12, 34, 76, 158, 320, 642, 1284], moves);
        Assert.False(speeds.MayMove);
        speeds.Begin(s_silos);
        speeds.Loaded();
        for (var step = 0; step < 12; step++) speeds.Add([("a", 100, 1)]);
        Assert.True(speeds.MayMove);
    }

    [Fact]
    public void Begin_silos_that_are_gone_are_forgotten()
    {
        var speeds = new SiloSpeeds();
        Steps(speeds, 20, ("a", 100, 1), ("gone", 100, 8));
        speeds.Begin(s_silos);
        Assert.Equal(["a"], speeds.Measured.Keys);
    }

    // Passes by hand for layers 0 to 5 where what trains is said: forward, back as far as the first part that trains, forward again before
    // that, and gradients of weights that train.
    [Theory]
    [InlineData(PartTraining.Whole, new[] { 1, 3 }, PartTraining.Whole, false, new[] { 2, 3, 2, 3, 2, 2 })]
    [InlineData(PartTraining.Frozen, new[] { 1, 3 }, PartTraining.Whole, false, new[] { 1, 3, 2, 3, 2, 2 })]
    [InlineData(PartTraining.Frozen, new[] { 1, 3 }, PartTraining.Whole, true, new[] { 1, 4, 3, 4, 3, 3 })]
    [InlineData(PartTraining.Frozen, new[] { 0, 1, 2, 3, 4, 5 }, PartTraining.Adapters, false, new[] { 2, 2, 2, 2, 2, 2 })]
    [InlineData(PartTraining.Frozen, new int[0], PartTraining.Whole, true, new[] { 1, 1, 1, 1, 1, 1 })]
    public void Arithmetic_counts_what_a_period_lets_layers_do(PartTraining ends, int[] active, PartTraining layers, bool again, int[] passes)
    {
        var config = TinyStories.Config;
        var period = new PeriodPlan(ends, active) { LayerTraining = layers };
        var spec = TinyStories.Spec(1) with { GradientCheckpointing = again };
        for (var layer = 0; layer < TinyStories.Layers; layer++)
            Assert.Equal(passes[layer] * config.WeightsPerToken(layer), SiloSpeeds.Arithmetic(config, spec, period, [PartName.Layer(layer)]));
        Assert.Equal(
            passes.Select((p, i) => p * config.WeightsPerToken(i)).Sum(),
            SiloSpeeds.Arithmetic(config, spec, period, PartName.All(TinyStories.Layers)));
    }

    private static void Steps(SiloSpeeds speeds, int count, params (string Silo, double Arithmetic, double Seconds)[] stages)
    {
        for (var step = 0; step < count; step++) speeds.Add(stages);
    }
}
