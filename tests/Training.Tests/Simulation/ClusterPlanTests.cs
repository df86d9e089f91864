namespace LisaOrleans.Training.Tests;

public sealed class ClusterPlanTests
{
    private static readonly TrainingSpec s_spec = TinyStories.Spec(1) with { GradientAccumulationSteps = 8, GradientLanes = 4, SaveSteps = 100 };

    private static readonly ClusterShape s_cluster = new() { Machines = [new MachineKind(4, OnGpu: false, 0, 1e9)] };

    [Fact]
    public void Of_plan_is_the_planners_own()
    {
        var silos = Enumerable.Range(0, 4).Select(i => new TrainingSilo($"0000{i}", 0, 1)).ToArray();
        Assert.True(Of(s_cluster).Plan.SameAs(ReplicaPlanner.Plan(TinyStories.Config, s_spec, silos)));
    }

    // The planner of simulations takes a shortcut there.
    [Theory]
    [InlineData("auto")]
    [InlineData("1")]
    [InlineData("3")]
    public void Plan_more_machines_than_layers_of_all_lanes_is_the_planners_own(string replicas)
    {
        var spec = s_spec with { Replicas = replicas };
        var silos = Enumerable.Range(0, (4 * TinyStories.Layers) + 9).Select(i => (Name: $"silo-{i}", Kind: 0)).ToArray();
        var real = ReplicaPlanner.Plan(TinyStories.Config, spec, [.. silos.Select(s => new TrainingSilo(s.Name, 0, 1))]);
        Assert.True(new RunPlanner(TinyStories.Config, spec, s_cluster, _ => null).Plan(silos)!.Plan.SameAs(real));
    }

    // Four replicas of one stage, two micro-batches each.
    [Fact]
    public void Of_replicas_share_the_arithmetic_of_a_step()
    {
        var plan = Of(s_cluster with { LinkBytesPerSecond = double.PositiveInfinity, LinkLatency = 0 });
        var costs = StepCosts.Of(TinyStories.Config, s_spec);
        Assert.Equal(2 * costs.Tokens * costs.Parts.Sum(p => p.Forward + p.Backward) / 1e9, plan.StepSeconds, 9);
        Assert.Equal((4, 4.0), (plan.Plan.Replicas, Math.Round(plan.Speedup, 9)));
        Assert.Equal((0.0, 0.0), (plan.ActivationBytes, Math.Round(plan.ExchangeSeconds, 9)));
    }

    [Fact]
    public void Of_slow_link_is_waited_for_where_replicas_are_wanted_and_not_chosen_where_they_are_not()
    {
        var slow = s_cluster with { LinkBytesPerSecond = 1e5 };
        var (wanted, chosen) = (Of(slow, s_spec with { Replicas = "4" }), Of(slow));
        Assert.True(wanted.ExchangeSeconds > 1 && wanted.IsRunsOwn);
        Assert.Equal((1, false), (chosen.Plan.Replicas, chosen.IsRunsOwn));
        Assert.True(chosen.StepSeconds < wanted.StepSeconds);
    }

    // All that is sent is waited for where nothing is computed meanwhile.
    [Fact]
    public void Of_exchange_that_nothing_hides_takes_its_time_on_the_link()
    {
        var fast = s_cluster with { Machines = [new MachineKind(2, OnGpu: false, 0, 1e15)], LinkBytesPerSecond = 1e6, LinkLatency = 0 };
        var plan = Of(fast, s_spec with { Replicas = "2" });
        Assert.InRange(plan.ExchangeSeconds, plan.ExchangeBytes / 1e6 / 2 * 0.99, plan.ExchangeBytes / 1e6 * 1.01);
    }

    [Fact]
    public void Of_manifest_is_what_the_memory_model_counts_and_weights_that_are_their_own_masters()
    {
        var estimate = RunCapacity.Estimate(s_spec, TinyStories.Config);
        Assert.Equal(estimate.OptimizerState + (4.0 * estimate.TrainableParameters), Of(s_cluster).ManifestBytes);
    }

    [Fact]
    public void Of_costs_are_those_of_the_planner()
    {
        foreach (var spec in (TrainingSpec[])[s_spec, TinyStories.LoraSpec(1), TinyStories.FullSpec(1), s_spec with { TrainEmbeddings = false }])
        {
            var (costs, work) = (StepCosts.Of(TinyStories.Config, spec), PartWork.Of(TinyStories.Config, spec));
            Assert.Equal(
                work.EmbeddingCost + work.LayerCosts.Sum() + work.HeadCost, costs.Parts.Sum(p => p.Forward + p.Backward) * TinyStories.Layers, 3);
            Assert.Equal(RunCapacity.Estimate(spec, TinyStories.Config).TrainableParameters, costs.Parts.Sum(p => p.Trains ? TrainedNumbers(p) : 0));
        }

        static double TrainedNumbers(PartCost part) => part.TrainedBytes / 4;
    }

    [Fact]
    public void Of_evictions_cost_steps_and_the_best_interval_loses_least()
    {
        var calm = Of(s_cluster);
        Assert.Null(calm.BestSaveSteps);
        Assert.Equal(calm.StepsPerHour / (1 + (calm.SaveSeconds / (100 * calm.StepSeconds))), calm.ExpectedStepsPerHour, 6);
        var often = s_cluster with { EvictionsPerHour = 0.5 };
        var spot = Of(often);
        Assert.Equal(4 * 0.5, spot.EvictionsPerHour);
        Assert.InRange(spot.ExpectedStepsPerHour, 1, calm.ExpectedStepsPerHour);
        var interval = Math.Max(SaveInterval.Daly(spot.SaveSeconds, 3600 / spot.EvictionsPerHour), spot.UploadSeconds);
        Assert.Equal(Math.Max(1, (long)Math.Round(interval / spot.StepSeconds)), spot.BestSaveSteps);
        Assert.All(
            (int[])[1, 3, 30, 1000],
            steps => Assert.InRange(Of(often, s_spec with { SaveSteps = steps }).ExpectedStepsPerHour, 0, spot.BestStepsPerHour * 1.001));
    }

    // A notice costs no step; without manifests and notices nothing may be left.
    [Fact]
    public void Of_notice_costs_less_than_a_death()
    {
        var (killed, told) = (s_cluster with { EvictionsPerHour = 1 }, s_cluster with { EvictionsPerHour = 1, NoticeSeconds = 30 });
        Assert.True(Of(told).ExpectedStepsPerHour > Of(killed).BestStepsPerHour);
        Assert.Equal(0, Of(killed, s_spec with { SaveSteps = 0 }).ExpectedStepsPerHour);
    }

    [Fact]
    public void Of_too_little_memory_is_refused_with_numbers()
    {
        var small = s_cluster with { Machines = [new MachineKind(3, OnGpu: false, 1_000, 1e9)] };
        Assert.Contains("3 machines offer", Assert.Throws<NoRoomException>(() => Of(small)).Message, StringComparison.Ordinal);
    }

    // What a run is refused for when it is submitted, activations among it.
    [Fact]
    public void Of_counts_memory_as_runs_do()
    {
        var spec = s_spec with { BlockSize = 256 };
        var needed = RunCapacity.Estimate(spec, TinyStories.Config).Tensors;
        Assert.Equal(1, Of(One(needed), spec).Machines);
        Assert.Throws<NoRoomException>(() => Of(One(needed - 1), spec));

        static ClusterShape One(long bytes) => s_cluster with { Machines = [new MachineKind(1, OnGpu: false, bytes, 1e9)] };
    }

    [Fact]
    public void Of_weights_that_a_gpu_cannot_map_are_refused()
    {
        var mapped = s_spec with { FrozenWeights = "mapped" };
        Assert.Equal(4, Of(s_cluster, mapped).Machines);
        var e = Assert.Throws<InvalidTrainingSettingException>(() => Of(s_cluster with { Machines = [new(1, true, 0, 1e9)] }, mapped));
        Assert.Equal("frozen_weights", e.Setting);
        Assert.Equal(2, Of(s_cluster with { Machines = [new(1, false, 0, 1e9), new(1, true, 0, 1e9)] }, mapped).Machines);
    }

    [Fact]
    public void KindOf_machines_are_counted_kind_after_kind_and_again_from_the_first()
    {
        var cluster = s_cluster with { Machines = [new(2, true, 0, 1), new(1, false, 0, 1)] };
        Assert.Equal([0, 0, 1, 0, 0, 1], Enumerable.Range(0, 6).Select(cluster.KindOf));
    }

    private static ClusterPlan Of(ClusterShape cluster, TrainingSpec? spec = null) =>
        ClusterPlan.Of(new RunPlanner(TinyStories.Config, spec ?? s_spec, cluster));
}
