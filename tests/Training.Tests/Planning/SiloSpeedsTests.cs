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
        speeds.Recall(before.Measured, before.Patience);
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
                speeds.Moved(new StagePlan([new SiloStage("a", [])]));
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

    // The first plan deals both the same, for twelve steps. In a trial that has failed five steps are slow, of which three are measured.
    [Theory]
    [InlineData(0.1, 1.2)]
    [InlineData(0.5, 0.9)]
    [InlineData(1.0, 0.7)]
    public void FindBetter_slow_silo_is_tried_for_a_few_steps_and_ever_more_seldom(double speed, double most)
    {
        var run = new SimulatedSilos();
        for (var step = 0; step < 2000; step++) run.Train([1, speed]);
        Assert.InRange(run.Seconds / run.SecondsAlone, 0, most);
        Assert.InRange(run.Moves, 0, 20);
        Assert.Equal(speed > 0.1, run.Plan.Uses("b"));
    }

    [Fact]
    public void FindBetter_silo_that_is_fast_again_is_taken_in_and_one_that_is_slow_again_left_out()
    {
        var run = new SimulatedSilos();
        foreach (var speed in (double[])[0.1, 1, 0.05, 1])
        {
            for (var step = 0; step < 500; step++) run.Train([1, speed]);
            Assert.Equal(speed == 1, run.Plan.Uses("b"));
        }
    }

    // Or it would be tried as often as at first whenever the run's grain moves.
    [Fact]
    public void Recall_how_long_a_silo_is_left_without_work_counts()
    {
        var run = new SimulatedSilos();
        for (var step = 0; step < 100; step++) run.Train([1, 0.1]);
        Assert.Equal(["b"], run.Speeds.Patience.Keys);
        Assert.InRange(run.Speeds.Patience["b"], 20, 80);
        var speeds = new SiloSpeeds();
        speeds.Recall(run.Speeds.Measured, run.Speeds.Patience);
        Assert.Equal(run.Speeds.Patience, speeds.Patience);
        TrainingSilo[] silos = [.. s_silos.Take(2)];
        Steps(speeds, run.Speeds.Patience["b"] + 1, ("a", 1, 1));
        Assert.NotEqual(1, speeds.Of(silos)[1].Speed);
        Steps(speeds, 1, ("a", 1, 1));
        Assert.Equal(1, speeds.Of(silos)[1].Speed);
    }

    // A processor is not as fast as a GPU because nothing is known of it, nor does it say how fast GPUs are.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_processor_that_is_not_known_beside_GPUs_is_as_fast_as_processors_are_beside_them(bool wasMeasured)
    {
        var speeds = new SiloSpeeds();
        TrainingSilo[] silos = [s_silos[0] with { OnGpu = true }, s_silos[1], s_silos[2] with { OnGpu = true }];
        if (wasMeasured) Steps(speeds, 20, ("a", 100, 1), ("b", 100, 10_000), ("c", 100, 1.1));
        Steps(speeds, 20, ("a", 100, 1), ("c", 100, 1.1));
        var spec = TinyStories.Spec(1) with { GradientAccumulationSteps = 8, GradientLanes = 4, PerDeviceTrainBatchSize = 1, BlockSize = 1024 };
        var found = speeds.Of(silos, spec.Threads);
        Assert.InRange(found[1].Speed, 1e-4, 1e-3);
        var plan = ReplicaPlanner.Plan(TinyStories.Config, spec, found);
        Assert.Equal(1, plan.Replicas);
        Assert.Equal(["a", "c"], plan.Stages.Select(s => s.Silo));
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

    /// <summary>A run on two silos that deals its work as it finds them.</summary>
    private sealed class SimulatedSilos
    {
        private static readonly TrainingSpec s_spec = TinyStories.Spec(1) with { GradientAccumulationSteps = 8, GradientLanes = 4 };
        private static readonly TrainingSilo[] s_two = [.. s_silos.Take(2)];
        private static readonly StagePlan s_alone = ReplicaPlanner.Plan(TinyStories.Config, s_spec, [s_two[0]]);

        public SiloSpeeds Speeds { get; } = new();

        public StagePlan Plan { get; private set; } = ReplicaPlanner.Plan(TinyStories.Config, s_spec, s_two);

        public int Moves { get; private set; }

        public double Seconds { get; private set; }

        /// <summary>What the steps would have taken on the first silo alone.</summary>
        public double SecondsAlone { get; private set; }

        /// <summary>A step, at the speeds that the silos have.</summary>
        public void Train(double[] speeds)
        {
            TrainingSilo[] real = [.. s_two.Zip(speeds, (silo, speed) => silo with { Speed = speed })];
            Seconds += ReplicaPlanner.StepSeconds(TinyStories.Config, s_spec, real, Plan);
            SecondsAlone += ReplicaPlanner.StepSeconds(TinyStories.Config, s_spec, real, s_alone);
            Speeds.Add(Plan.Stages.Select(stage => (stage.Silo, 1.0, 1 / real.Single(s => s.Address == stage.Silo).Speed)));
            if (Speeds.FindBetter(TinyStories.Config, s_spec, s_two, Plan, Plan) is not { } better) return;
            Speeds.Moved(better);
            Speeds.Loaded();
            (Plan, Moves) = (better, Moves + 1);
        }
    }
}
