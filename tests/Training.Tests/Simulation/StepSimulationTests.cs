using CsCheck;

namespace LisaOrleans.Training.Tests;

/// <summary>Steps against pipelines that are worked out by hand.</summary>
public sealed class StepSimulationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Timing_one_stage_is_the_work_of_all_micro_batches(int microBatches) => Assert.Equal(
        new StepTiming(8 * microBatches, 8 * microBatches), Timing(SimulatedRuns.Costs(Layers(4), microBatches), SimulatedRuns.Plan(4, 1)));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(64)]
    public void Timing_two_stages_are_2m_by_m_plus_1_times_as_fast(int microBatches)
    {
        var costs = SimulatedRuns.Costs(Layers(2), microBatches);
        var (one, two) = (Timing(costs, SimulatedRuns.Plan(2, 1)).Seconds, Timing(costs, SimulatedRuns.Plan(2, 2)).Seconds);
        Assert.Equal(2.0 * microBatches / (microBatches + 1), one / two, 12);
    }

    // The pipeline is filled once; then a micro-batch ends whenever a stage is done with one.
    [Theory]
    [InlineData(3, 8)]
    [InlineData(4, 16)]
    public void Timing_equal_stages_take_a_stage_for_each_micro_batch_and_each_stage_but_one(int stages, int microBatches) =>
        Assert.Equal(
            2 * (microBatches + stages - 1),
            Timing(SimulatedRuns.Costs(Layers(stages), microBatches), SimulatedRuns.Plan(stages, stages)).Seconds);

    // There: 1 + 1; the head on the first silo: 2; back: 1 + 1.
    [Fact]
    public void Timing_tied_head_is_a_ring()
    {
        var head = SimulatedRuns.End(PartName.Head) with { Forward = 1, Backward = 1 };
        Assert.Equal(6, Timing(SimulatedRuns.Costs(Layers(2), 1, head: head, tied: true), SimulatedRuns.Plan(2, 2, tied: true)).Seconds);
    }

    // Activations go four times between two stages and back: 2 bytes at 1 byte a second, and a latency of a quarter.
    [Fact]
    public void Timing_activations_take_their_time_on_the_link()
    {
        var costs = SimulatedRuns.Costs(Layers(2), 1) with { ActivationBytes = 2 };
        var slow = SimulatedRuns.Instant with { LinkBytesPerSecond = 1, LinkLatency = 0.25 };
        Assert.Equal(4 + (2 * 2.25) + (4 * 0.25), SimulatedRuns.Steps(costs, SimulatedRuns.Plan(2, 2), slow).Timing().Seconds);
    }

    // The layer is the last to go backward. Its sums are 3 bytes at a byte a second, its weights 2: nothing is computed meanwhile.
    [Fact]
    public void Commits_exchange_of_the_lowest_part_is_waited_for()
    {
        var layer = SimulatedRuns.Layer(0) with { SumBytes = 3, TrainedBytes = 2, StateBytes = 1 };
        var simulation = SimulatedRuns.Steps(
            SimulatedRuns.Costs([layer], 8, 2), SimulatedRuns.Plan(1, 1, replicas: 2), SimulatedRuns.Instant with { LinkBytesPerSecond = 1 });
        Assert.Equal([8 + 3, 11 + 2 + 8 + 3, 24 + 2 + 8 + 3], simulation.Commits(3));
    }

    // The head's sums leave when the layer below begins its backward pass of 4 s, and its new weights come while the layer goes forward.
    [Fact]
    public void Commits_exchange_of_the_highest_part_is_hidden()
    {
        var head = SimulatedRuns.End(PartName.Head) with { SumBytes = 3, TrainedBytes = 1, StateBytes = 1 };
        var simulation = SimulatedRuns.Steps(
            SimulatedRuns.Costs([SimulatedRuns.Layer(0, 1, 4)], 2, 2, head: head), SimulatedRuns.Plan(1, 1, replicas: 2),
            SimulatedRuns.Instant with { LinkBytesPerSecond = 1 });
        Assert.Equal([5, 10, 15], simulation.Commits(3));
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 4, 1)]
    [InlineData(0, 3, 2)]
    [InlineData(1, 2, 2)]
    [InlineData(2, 2, 1)]
    [InlineData(3, 6, 3)]
    public void SumsOf_is_what_the_tree_over_lanes_leaves(int first, int lanes, int sums)
    {
        var all = StepCosts.SumsOf(first, lanes).ToArray();
        Assert.Equal(sums, all.Length);
        Assert.Equal(Enumerable.Range(first, lanes), all.SelectMany(s => Enumerable.Range(s.First, s.Lanes)));
    }

    // Each replica has four tokens in a step, of two that a text has two to one: 145 of 81 are different ones. Sums have row numbers.
    [Fact]
    public void Commits_exchange_of_the_embedding_are_the_rows_of_a_steps_tokens()
    {
        var embedding = SimulatedRuns.End(PartName.Embedding) with
        {
            SumBytes = 200,
            TrainedBytes = 100,
            StateBytes = 1,
            Table = new TokenTable(2, sumRowBytes: 100, weightRowBytes: 50),
        };
        var simulation = SimulatedRuns.Steps(
            SimulatedRuns.Costs([SimulatedRuns.Layer(0)], 8, 2, embedding), SimulatedRuns.Plan(1, 1, replicas: 2),
            SimulatedRuns.Instant with { LinkBytesPerSecond = 1 });
        var (sums, weights) = (145.0 / 81 * 108, 145.0 / 81 * 50);
        Assert.Equal([8 + sums, 8 + sums + weights + 8 + sums], simulation.Commits(2).Select(c => c), (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void Commits_every_micro_batch_goes_once_each_way_through_every_stage_of_one_replica_and_a_silo_does_one_thing_at_a_time() =>
        (from stages in Gen.Int[1, 5]
         from replicas in Gen.Int[1, 3]
         from lanesOfEach in Gen.Int[1, 2]
         from more in Gen.Int[0, 9]
         from tied in Gen.Bool
         from latency in Gen.Double[0, 2]
         select (stages, replicas, lanesOfEach, more, tied, latency)).Sample(
            c =>
            {
                var lanes = c.replicas * c.lanesOfEach;
                var (work, head) = (new List<StageWork>(), SimulatedRuns.End(PartName.Head) with { Forward = 0.5, Backward = 0.7 });
                var costs = SimulatedRuns.Costs(Layers(c.stages), lanes + c.more, lanes, head: head, tied: c.tied);
                var commits = SimulatedRuns.Steps(
                    costs, SimulatedRuns.Plan(c.stages, c.stages, c.replicas, c.lanesOfEach, c.tied),
                    SimulatedRuns.Instant with { LinkLatency = c.latency }, work.Add).Commits(2);
                Assert.True(commits[0] < commits[1]);
                var passes = c.stages == 1 ? 1 : c.tied ? (2 * c.stages) + 1 : (2 * c.stages) - 1;
                foreach (var step in (int[])[0, 1])
                {
                    var all = work.Where(w => w.Step == step).GroupBy(w => w.MicroBatch).ToArray();
                    Assert.Equal(Enumerable.Range(0, costs.MicroBatches), all.Select(g => g.Key).Order());
                    Assert.All(all, g => Assert.Equal((passes, passes, 1), (
                        g.Count(), g.Select(w => (w.Stage, w.Pass)).Distinct().Count(), g.Select(w => w.Replica).Distinct().Count())));
                }

                foreach (var silo in work.GroupBy(w => (w.Replica, w.Stage)))
                    Assert.All(silo.Zip(silo.Skip(1)), pair => Assert.True(pair.First.End <= pair.Second.Begin + 1e-9));
                var window = c.stages > 1 ? c.stages + 1 : 1;
                foreach (var replica in work.Where(w => w.Stage == 0).GroupBy(w => (w.Replica, w.Step)))
                {
                    var begun = replica.GroupBy(w => w.MicroBatch).Select(g => (Begin: g.Min(w => w.Begin), End: g.Max(w => w.End))).ToArray();
                    Assert.All(begun, b => Assert.InRange(begun.Count(o => o.Begin <= b.Begin && o.End > b.Begin), 1, window));
                }
            },
            iter: 200);

    private static PartCost[] Layers(int count) => [.. Enumerable.Range(0, count).Select(i => SimulatedRuns.Layer(i))];

    private static StepTiming Timing(StepCosts costs, StagePlan plan) => SimulatedRuns.Steps(costs, plan).Timing();
}
