namespace LisaOrleans.Training.Tests;

/// <summary>Runs and clusters whose times can be worked out by hand.</summary>
internal static class SimulatedRuns
{
    public const double Detection = 5;
    public const double Wake = 3;
    public const double Restart = 1;

    /// <summary>Machines between which everything but the protocol takes no time.</summary>
    public static ClusterShape Instant { get; } = new()
    {
        Machines = [new MachineKind(4, OnGpu: false, 0, 1)],
        LinkBytesPerSecond = double.PositiveInfinity,
        LinkLatency = 0,
        StoreBytesPerSecond = double.PositiveInfinity,
        StoreLatency = 0,
        CopyBytesPerSecond = double.PositiveInfinity,
        Times = new ProtocolTimes { Detection = Detection, Wake = Wake, Restart = Restart, StepPatience = 12 },
    };

    /// <summary>A layer that takes a second each way for a micro-batch of one token, on a machine of one multiply-add a second.</summary>
    public static PartCost Layer(int index, double forward = 1, double backward = 1) => new(PartName.Layer(index), forward, backward, 0, 0, 0, 0);

    /// <summary>A run of these layers between ends that cost nothing.</summary>
    public static StepCosts Costs(
        IReadOnlyList<PartCost> layers, int microBatches, int lanes = 1, PartCost? embedding = null, PartCost? head = null, bool tied = false) =>
        new(
            [embedding ?? End(PartName.Embedding), .. layers, head ?? End(PartName.Head)], tied, microBatches, lanes, Tokens: 1, ActivationBytes: 0);

    public static PartCost End(string name) => new(name, 0, 0, 0, 0, 0, 0);

    /// <summary>A plan of equally many layers on each stage of each replica.</summary>
    public static StagePlan Plan(int layers, int stages, int replicas = 1, int lanesOfEach = 1, bool tied = false)
    {
        var each = layers / stages;
        return new StagePlan(
            [
                .. from replica in Enumerable.Range(0, replicas)
                   from stage in Enumerable.Range(0, stages)
                   let parts = Enumerable.Range(stage * each, each).Select(PartName.Layer)
                   select new SiloStage($"{replica}-{stage}",
                   [
                       .. stage == 0 ? (string[])[PartName.Embedding] : [],
                       .. parts,
                       .. stage == (tied ? 0 : stages - 1) ? (string[])[PartName.Head] : [],
                   ])
                   { Replica = replica },
            ],
            replicas == 1 ? null : [.. Enumerable.Repeat(lanesOfEach, replicas)]);
    }

    public static StepSimulation Steps(StepCosts costs, StagePlan plan, ClusterShape? cluster = null, Action<StageWork>? observe = null) =>
        new(costs, plan, _ => 1, cluster ?? Instant, observe);
}
