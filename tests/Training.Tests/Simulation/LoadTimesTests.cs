namespace LisaOrleans.Training.Tests;

/// <summary>Loads of two layers of 10 bytes; one trains, with 6 bytes of state. A byte a second from the store, two over the link.</summary>
public sealed class LoadTimesTests
{
    private static readonly ClusterShape s_cluster = SimulatedRuns.Instant with
    {
        StoreBytesPerSecond = 1,
        LinkBytesPerSecond = 2,
        CopyBytesPerSecond = 3,
    };

    private static readonly StepCosts s_costs = SimulatedRuns.Costs(
        [
            SimulatedRuns.Layer(0) with { WeightBytes = 10 },
            SimulatedRuns.Layer(1) with { WeightBytes = 10, SumBytes = 1, TrainedBytes = 1, StateBytes = 6 },
        ], 1);

    private static readonly StagePlan s_one = SimulatedRuns.Plan(2, 1);
    private static readonly StagePlan s_two = SimulatedRuns.Plan(2, 2);

    private static LoadTimes Loads => new(s_costs, s_cluster);

    [Fact]
    public void Load_first_is_all_from_the_store() => Assert.Equal(SimulatedRuns.Restart + 26, Loads.Load(s_one, null, inManifest: false));

    [Fact]
    public void Load_what_stays_is_not_loaded() => Assert.Equal(SimulatedRuns.Restart, Loads.Load(s_one, s_one, inManifest: true));

    [Fact]
    public void Load_after_a_failure_state_comes_from_the_store_and_frozen_weights_stay() =>
        Assert.Equal(SimulatedRuns.Restart + 6, Loads.Load(s_one, s_one, inManifest: false));

    [Fact]
    public void Load_what_moves_comes_from_its_holder() => Assert.Equal(SimulatedRuns.Restart + (16 / 2), Loads.Load(s_two, s_one, inManifest: true));

    [Fact]
    public void Load_what_moves_after_a_failure_comes_from_the_store() =>
        Assert.Equal(SimulatedRuns.Restart + 16, Loads.Load(s_two, s_one, inManifest: false));

    [Fact]
    public void Copy_and_upload_take_as_long_as_the_silo_with_most_state() =>
        Assert.Equal((6, 2.0, 6.0), (Loads.ManifestBytes, Loads.Copy(s_two), Loads.Upload(s_one)));
}
