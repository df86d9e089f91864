using System.Globalization;
using CsCheck;
using LisaOrleans.Model;

namespace LisaOrleans.Training.Tests;

public sealed class ReplicaPlannerTests
{
    private static readonly TrainingSpec s_spec = TinyStories.Spec(1) with { GradientAccumulationSteps = 8, GradientLanes = 4 };

    [Theory]
    [InlineData(1, "auto", 1)]
    [InlineData(2, "auto", 2)]
    [InlineData(2, "1", 1)]
    [InlineData(4, "2", 2)]
    [InlineData(3, "2", 2)]
    [InlineData(4, "auto", 4)]
    [InlineData(9, "9", 4)]
    public void Plan_silos_with_room_for_the_whole_model_hold_as_many_replicas_as_are_wanted_and_have_lanes(int silos, string wanted, int replicas)
    {
        var plan = Plan(s_spec with { Replicas = wanted }, [.. Enumerable.Range(0, silos).Select(i => Silo(i))]);
        Assert.Equal(replicas, plan.Replicas);
        if (replicas > 1) Assert.Equal(4, plan.Lanes.Sum());
    }

    // Where one silo alone would be too small, or may be, two are a pipeline.
    [Theory]
    [InlineData(2.0, 2)]
    [InlineData(0.9, 1)]
    [InlineData(0.6, 1)]
    public void Plan_silos_that_found_too_little_memory_for_the_whole_model_hold_one_replica_together(double share, int replicas)
    {
        var needed = Math.Max(
            1.25 * PartWork.Of(TinyStories.Config, s_spec).TotalBytes, RunCapacity.Estimate(s_spec, TinyStories.Config).Tensors);
        var plan = Plan(s_spec, [.. Enumerable.Range(0, 2).Select(i => Silo(i, (long)(share * needed)) with { IsMemoryFound = true })]);
        Assert.Equal((replicas, 2), (plan.Replicas, plan.Stages.Count));
    }

    // What trains takes longer to exchange than a few tokens take to compute; on GPUs even with many.
    [Theory]
    [InlineData(16, false, 1)]
    [InlineData(1024, false, 2)]
    [InlineData(1024, true, 1)]
    public void Plan_replicas_that_would_exchange_longer_than_they_save_are_stages_instead(int tokens, bool gpu, int replicas)
    {
        var spec = s_spec with { PerDeviceTrainBatchSize = 1, BlockSize = tokens };
        var plan = Plan(spec, [Silo(0) with { OnGpu = gpu }, Silo(1) with { OnGpu = gpu }]);
        Assert.Equal((replicas, 2), (plan.Replicas, plan.Stages.Count));
    }

    [Fact]
    public void Plan_silos_that_hold_parts_keep_them_where_a_step_gains_less_than_loading_takes()
    {
        TrainingSilo[] silos = [Silo(0), Silo(1)];
        var little = Enumerable.Range(16, 1008).Select(Of).First(s => Plan(s, silos).Replicas == 2);
        var held = StagePlanner.Plan(TinyStories.Config, little, silos);
        Assert.True(ReplicaPlanner.Plan(TinyStories.Config, little, silos, held).SameAs(held));
        Assert.Equal(2, ReplicaPlanner.Plan(TinyStories.Config, Of(4096), silos, held).Replicas);

        static TrainingSpec Of(int tokens) => s_spec with { PerDeviceTrainBatchSize = 1, BlockSize = tokens };
    }

    [Theory]
    [InlineData(new[] { 1.0, 1.0 }, 4, new[] { 2, 2 })]
    [InlineData(new[] { 1.0, 0.5 }, 4, new[] { 3, 1 })]
    [InlineData(new[] { 0.5, 1.0 }, 4, new[] { 1, 3 })]
    [InlineData(new[] { 1.0, 0.05 }, 4, new[] { 3, 1 })]
    [InlineData(new[] { 1.0, 1.0, 0.5 }, 4, new[] { 2, 1, 1 })]
    [InlineData(new[] { 1.0, 0.5, 1.0 }, 8, new[] { 4, 1, 3 })]
    [InlineData(new[] { 1.0, 0.5, 0.25 }, 8, new[] { 5, 2, 1 })]
    public void Plan_slow_silos_get_fewer_lanes(double[] speeds, int lanes, int[] shares)
    {
        var spec = s_spec with { GradientLanes = lanes, Replicas = $"{speeds.Length}" };
        Assert.Equal(shares, Plan(spec, Silos(speeds)).Lanes);

        // What counts is how fast they are beside each other.
        Assert.Equal(shares, Plan(spec, Silos([.. speeds.Select(s => s * 3)])).Lanes);
    }

    // Beside one that is so slow, a silo is as fast alone.
    [Fact]
    public void Plan_silo_that_would_only_delay_the_others_is_idle() =>
        Assert.Equal(["silo-0"], Plan(s_spec, Silos([1, 0.01])).Stages.Select(s => s.Silo));

    [Theory]
    [InlineData(1.0, 0.5, true)]
    [InlineData(1.0, 0.9, false)]
    [InlineData(1.0, 1.0, false)]
    public void IsWorthMoving_only_where_a_tenth_of_a_step_is_gained(double first, double second, bool worth)
    {
        var current = Plan(s_spec, Silos([1, 1]));
        var silos = Silos([first, second]);
        Assert.Equal([2, 2], current.Lanes);
        Assert.Equal(worth, IsWorthMoving(new StagePlan(current.Stages, [3, 1])));
        Assert.Equal(worth, IsWorthMoving(Plan(s_spec, silos)));
        Assert.False(IsWorthMoving(current));
        Assert.False(IsWorthMoving(new StagePlan(current.Stages, [1, 3])));

        bool IsWorthMoving(StagePlan other) => ReplicaPlanner.IsWorthMoving(TinyStories.Config, s_spec, silos, current, other);
    }

    // A step of one micro-batch cannot be shared out, so silos are stages.
    [Fact]
    public void Plan_single_micro_batch_has_a_single_replica()
    {
        var plan = Plan(s_spec with { GradientAccumulationSteps = 1, GradientLanes = 1 }, [Silo(0), Silo(1)]);
        Assert.Equal((1, 2), (plan.Replicas, plan.Stages.Count));
    }

    [Fact]
    public void Plan_silos_too_small_for_the_whole_model_are_stages_of_fewer_replicas()
    {
        // With so few tokens that activations hardly count, and few layers that train, because any of them may be on any silo.
        var spec = s_spec with { PerDeviceTrainBatchSize = 1, BlockSize = 16, LisaActivatedLayers = 1, Replicas = "2" };
        var whole = PartWork.Of(TinyStories.Config, spec).TotalBytes * 1.25;
        var plan = Plan(spec, [.. Enumerable.Range(0, 4).Select(i => Silo(i, (long)(whole * 0.97)))]);
        Assert.Equal((2, 4), (plan.Replicas, plan.Stages.Count));
        Assert.Equal([0, 0, 1, 1], plan.Stages.Select(s => s.Replica));
        Assert.Throws<NoRoomException>(() => Plan(s_spec, [Silo(0, (long)(whole * 0.3))]));
    }

    // In percent of what the model needs; 0 for a silo without a limit.
    [Theory]
    [InlineData(new[] { 75, 150, 75 }, "2", new[] { 1, 0, 1 })]
    [InlineData(new[] { 75, 0, 75 }, "2", new[] { 1, 0, 1 })]
    [InlineData(new[] { 150, 75, 150, 75, 75 }, "3", new[] { 0, 2, 1, 2, 0 })]
    [InlineData(new[] { 75, 75, 75, 150 }, "3", new[] { 0, 0, 1, 1 })]
    [InlineData(new[] { 75, 75, 75 }, "2", new[] { 0, 0, 0 })]
    public void Plan_silos_of_different_sizes_are_grouped_so_that_every_replica_has_room(int[] percent, string wanted, int[] replicas)
    {
        // So few tokens, lanes and layers that train that neither activations nor sums of others count.
        var spec = s_spec with { PerDeviceTrainBatchSize = 1, BlockSize = 16, LisaActivatedLayers = 1 };
        spec = spec with { GradientAccumulationSteps = 3, GradientLanes = 3, Replicas = wanted };
        var arriving = GradientLanes.Arriving(3, int.Parse(wanted, CultureInfo.InvariantCulture));
        var whole = 1.25 * PartWork.Of(TinyStories.Config, spec, arriving).TotalBytes;
        var plan = Plan(spec, [.. percent.Select((p, i) => Silo(i, (long)(whole * p / 100)))]);
        Assert.Equal(replicas, percent.Select((_, i) => plan.Stages.Single(s => s.Silo == $"silo-{i}").Replica));
    }

    // Sums of two lanes at most come from the other, for whatever trains and twice for the tied matrix, into room that the replica alone would not need.
    [Fact]
    public void Plan_replicas_have_room_for_sums_of_others()
    {
        var spec = s_spec with { PerDeviceTrainBatchSize = 1, BlockSize = 16, Replicas = "2" };
        var alone = 1.25 * PartWork.Of(TinyStories.Config, spec).TotalBytes;
        var estimate = RunCapacity.Estimate(spec, TinyStories.Config);
        var summed = estimate.TrainableParameters + (TinyStories.Config.VocabSize * TinyStories.Config.HiddenSize);
        var needed = alone + (1.25 * 2 * sizeof(float) * summed);
        Assert.True(estimate.Tensors < alone);
        Assert.Equal(1, Plan(spec, [Silo(0, (long)alone + 1000), Silo(1, (long)alone + 1000)]).Replicas);
        Assert.Equal(2, Plan(spec, [Silo(0, (long)needed + 1000), Silo(1, (long)needed + 1000)]).Replicas);
    }

    // Each replica computes with activations of its own.
    [Fact]
    public void Plan_replicas_have_room_for_activations()
    {
        var spec = s_spec with { PerDeviceTrainBatchSize = 16, Replicas = "2" };
        var needed = RunCapacity.Estimate(spec, TinyStories.Config).Tensors;
        Assert.Equal(1, Plan(spec, [Silo(0, (long)(needed * 0.9)), Silo(1, (long)(needed * 0.9))]).Replicas);
        Assert.Equal(2, Plan(spec, [Silo(0, (long)(needed * 1.3)), Silo(1, (long)(needed * 1.3))]).Replicas);
    }

    // All experts of a layer of gpt-oss-120b are in two tensors, 128 · 2880 · 5760 numbers the larger, whose sum of 8.5 GB no silo sends.
    [Theory]
    [InlineData(TrainingMethods.Lisa, 1)]
    [InlineData(TrainingMethods.Lora, 2)]
    public void Plan_tensor_too_large_to_send_has_a_single_replica_where_it_may_train(string method, int replicas)
    {
        var json = GptOssFolder.Config;
        (json["hidden_size"], json["intermediate_size"], json["num_local_experts"]) = (2880, 2880, 128);
        var config = ModelConfigReader.Parse(json.ToJsonString(), "config.json");
        Assert.Equal(replicas, ReplicaPlanner.Plan(config, s_spec with { Method = method, Replicas = "2" }, [Silo(0), Silo(1)]).Replicas);
    }

    [Fact]
    public void Plan_silos_beyond_the_layers_of_all_replicas_are_idle()
    {
        var plan = Plan(s_spec with { Replicas = "2" }, [.. Enumerable.Range(0, 20).Select(i => Silo(i))]);
        Assert.Equal((2, 2 * TinyStories.Layers), (plan.Replicas, plan.Stages.Count));
    }

    [Fact]
    public void Plan_every_replica_has_every_part_on_silos_of_its_own_and_at_least_a_lane() =>
        (from silos in Gen.Int[1, 8]
         from accumulation in Gen.Int[1, 9]
         from lanes in Gen.Int[1, 9]
         select (silos, accumulation, lanes)).Sample(
            c =>
            {
                var spec = s_spec with { GradientAccumulationSteps = c.accumulation, GradientLanes = c.lanes };
                var plan = Plan(spec, [.. Enumerable.Range(0, c.silos).Select(i => Silo(i))]);
                var parts = PartName.All(TinyStories.Layers);
                foreach (var replica in Enumerable.Range(0, plan.Replicas))
                    Assert.Equal(parts.Order(), plan.Stages.Where(s => s.Replica == replica).SelectMany(s => s.Parts).Order());
                Assert.Equal(plan.Stages.Count, plan.Stages.Select(s => s.Silo).Distinct().Count());
                Assert.All(parts, p => Assert.InRange(plan.OwnerOf(p), 0, plan.Replicas - 1));
                var used = Enumerable.Range(0, Math.Min(c.lanes, c.accumulation)).Select(plan.ReplicaOf).ToArray();
                Assert.Equal(used.Order(), used);
                Assert.Equal(Enumerable.Range(0, plan.Replicas), used.Distinct());
                Assert.True(plan.SameAs(Plan(spec, [.. Enumerable.Range(0, c.silos).Select(i => Silo(i))])));
            },
            iter: 300);

    [Fact]
    public void OwnerOf_parts_are_spread_over_replicas()
    {
        var plan = Plan(s_spec, [Silo(0), Silo(1)]);
        Assert.Equal([0, 0, 1, 0, 1, 0, 1, 1], PartName.All(TinyStories.Layers).Select(plan.OwnerOf));
        var left = plan.On(["silo-1"]);
        Assert.Equal(("silo-1", 0), (left.FindSilo(PartName.Embedding), left.OwnerOf(PartName.Embedding)));
        Assert.Equal(["silo-1"], left.Holders(PartName.Head));
    }

    private static StagePlan Plan(TrainingSpec spec, IReadOnlyList<TrainingSilo> silos) => ReplicaPlanner.Plan(TinyStories.Config, spec, silos);

    private static TrainingSilo[] Silos(double[] speeds) => [.. speeds.Select((speed, i) => Silo(i) with { Speed = speed })];

    private static TrainingSilo Silo(int number, long memory = 0) => new($"silo-{number}", memory, 1);
}
