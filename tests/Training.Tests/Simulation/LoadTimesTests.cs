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

    private static readonly StagePlan s_replicas = SimulatedRuns.Plan(2, 1, replicas: 2);

    private static LoadTimes Loads => new(s_costs, s_cluster);

    [Fact]
    public void Load_first_is_all_from_the_store() => Assert.Equal(SimulatedRuns.Restart + 26, Loads.Load(s_one, null, inManifest: false));

    [Fact]
    public void Load_before_the_first_manifest_there_is_no_state()
    {
        Assert.Equal(SimulatedRuns.Restart + 20, Loads.Load(s_replicas, null, inManifest: true, hasState: false));
        Assert.Equal(SimulatedRuns.Restart + 10, Loads.Load(s_one, s_one, inManifest: false, hasState: false));
    }

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

    // Of two replicas the second owns layer 1. It gets the weights and, what trains, from the one that was its owner, which keeps no state
    // but needs the new weights: 10 + 16 one way, 1 the other.
    [Fact]
    public void Load_replica_that_joins_gets_what_it_owns_and_sends_the_others_its_weights() =>
        Assert.Equal(SimulatedRuns.Restart + (26 / 2.0), Loads.Load(s_replicas, s_one, inManifest: true));

    [Fact]
    public void Load_replica_that_has_what_does_not_train_gets_the_rest()
    {
        var ahead = Loads.PartsAhead(s_replicas, s_one).ToHashSet();
        Assert.Equal([("1-0", PartName.Embedding), ("1-0", PartName.Layer(0)), ("1-0", PartName.Head)], ahead);
        Assert.Equal(10 / 2.0, Loads.Ahead(ahead, s_one));
        Assert.Equal(SimulatedRuns.Restart + (16 / 2.0), Loads.Load(s_replicas, s_one, inManifest: true, ahead));
    }

    // The owner's state comes from the store, and its weights from there.
    [Fact]
    public void Load_after_a_failure_the_owner_alone_reads_state() =>
        Assert.Equal(SimulatedRuns.Restart + 6 + (1 / 2.0), Loads.Load(s_replicas, s_replicas, inManifest: false));

    [Fact]
    public void Load_replica_that_becomes_the_owner_gets_state_from_the_one_that_was() =>
        Assert.Equal(SimulatedRuns.Restart + (16 / 2.0), Loads.Load(s_one, s_replicas, inManifest: true));

    [Fact]
    public void Load_adapters_are_read_by_every_replica()
    {
        var costs = s_costs with { Parts = [.. s_costs.Parts.Select(p => p with { HasAdapter = p.Trains })] };
        Assert.Equal(SimulatedRuns.Restart + 6, new LoadTimes(costs, s_cluster).Load(s_replicas, s_replicas, inManifest: false));
    }

    [Fact]
    public void Copy_and_upload_take_as_long_as_the_silo_with_most_state() =>
        Assert.Equal((6, 2.0, 6.0), (Loads.ManifestBytes, Loads.Copy(s_two), Loads.Upload(s_one)));
}
