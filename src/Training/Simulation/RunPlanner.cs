using System.Globalization;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Plans a run for simulated silos as a cluster would (<see cref="ReplicaPlanner"/>), and says how long its steps then take. Remembers
/// both: where machines are alike, a plan depends on their number alone.
/// </summary>
/// <param name="config">The model's shape.</param>
/// <param name="spec">The run's settings.</param>
/// <param name="cluster">The machines.</param>
/// <param name="measured">How long steps take under a plan, where that was measured; null for what is not.</param>
public sealed class RunPlanner(ModelConfig config, TrainingSpec spec, ClusterShape cluster, Func<StagePlan, StepTiming?>? measured = null)
{
    private readonly Dictionary<string, PlannedRun?> _known = [];

    /// <summary>The run's parts.</summary>
    public StepCosts Costs { get; } = StepCosts.Of(config, spec);

    /// <summary>The run's settings.</summary>
    public TrainingSpec Spec => spec;

    /// <summary>The machines.</summary>
    public ClusterShape Cluster => cluster;

    /// <summary>Bytes that the run takes where it is in one place.</summary>
    public long NeededBytes => RunCapacity.Estimate(spec, config).Tensors;

    /// <summary>The plan for silos in the order of the walk; null where they have no room for the run.</summary>
    /// <param name="silos">Their names, and the kind of machine that each is on.</param>
    public PlannedRun? Plan(IReadOnlyList<(string Name, int Kind)> silos)
    {
        if (Known(silos) is not { } known) return null;
        var stages = known.Plan.Stages.Select(s => s with { Silo = silos[Place(s.Silo)].Name });
        return known with { Plan = new StagePlan([.. stages], known.Plan.Lanes) };
    }

    /// <summary>How long steps on silos take; null where they have no room for the run.</summary>
    public StepTiming? Timing(IReadOnlyList<(string Name, int Kind)> silos) => Known(silos)?.Timing;

    private PlannedRun? Known(IReadOnlyList<(string Name, int Kind)> silos)
    {
        if (silos.Count == 0) return null;

        // Where all are alike, those beyond a layer for each lane stay idle.
        var count = cluster.Machines.Count == 1 ? Math.Min(silos.Count, Costs.Lanes * config.NumHiddenLayers) : silos.Count;
        var key = cluster.Machines.Count == 1 ? $"{count}" : string.Join(',', silos.Select(s => s.Kind));
        if (!_known.TryGetValue(key, out var known)) _known[key] = known = Find([.. silos.Take(count).Select(s => s.Kind)]);
        return known;
    }

    private PlannedRun? Find(int[] kinds)
    {
        // By their places, so that the plan holds for all silos of these kinds. With the speeds that a cluster has measured after a while.
        var speeds = SiloSpeeds.Relative([.. kinds.Select(kind => 1 / cluster.Machines[kind].MultiplyAddsPerSecond)]);
        TrainingSilo[] silos = [.. kinds.Select((kind, place) => new TrainingSilo($"{place}", cluster.Machines[kind].MemoryBytes, spec.Threads)
        {
            OnGpu = cluster.Machines[kind].OnGpu,
            Speed = speeds[place],
        })];
        StagePlan plan;
        try
        {
            plan = ReplicaPlanner.Plan(config, spec, silos);
        }
        catch (NoRoomException)
        {
            return null;
        }

        if (measured?.Invoke(plan) is { } timing) return new PlannedRun(plan, timing);
        return new PlannedRun(plan, new StepSimulation(Costs, plan, s => cluster.Machines[kinds[Place(s)]].MultiplyAddsPerSecond, cluster).Timing());
    }

    private static int Place(string silo) => int.Parse(silo, CultureInfo.InvariantCulture);
}
