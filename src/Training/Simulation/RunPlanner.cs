using System.Globalization;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Plans a run for simulated silos, and says how long its steps then take. Where links and speeds are known, as they are of machines that
/// need not exist, it chooses the plan by which a step is shortest (<see cref="PlanSearch"/>), and more machines than that takes stand by;
/// where replicas are given, or nothing is known, it plans as a run does (<see cref="ReplicaPlanner"/>).
/// </summary>
/// <param name="config">The model's shape.</param>
/// <param name="spec">The run's settings.</param>
/// <param name="cluster">The machines.</param>
/// <param name="measured">
/// How long steps take under a plan, where that was measured in a run, which knows neither links nor speeds; null for what is not.
/// </param>
/// <exception cref="InvalidTrainingSettingException">The machines cannot have weights in the run's form.</exception>
public sealed class RunPlanner(ModelConfig config, TrainingSpec spec, ClusterShape cluster, Func<StagePlan, StepTiming?>? measured = null)
{
    private readonly PlanSearch? _search = measured is null && spec.Replicas == TrainingSpec.AutoReplicas
        ? new PlanSearch(config, spec, cluster)
        : null;

    private readonly Dictionary<string, StepTiming> _timings = [];

    /// <summary>The run's parts.</summary>
    public StepCosts Costs { get; } = StepCosts.Of(config, Checked(spec, cluster));

    /// <summary>The run's settings.</summary>
    public TrainingSpec Spec => spec;

    /// <summary>The machines.</summary>
    public ClusterShape Cluster => cluster;

    /// <summary>Bytes that the run takes where it is in one place.</summary>
    public long NeededBytes => RunCapacity.Estimate(spec, config, cluster.Machines.Any(m => m.OnGpu)).Tensors;

    /// <summary>The plan for silos in the order of the walk; null where they have no room for the run.</summary>
    /// <param name="silos">Their names, and the kind of machine that each is on.</param>
    /// <param name="held">Where parts are already; null (default) for nowhere.</param>
    public PlannedRun? Plan(IReadOnlyList<(string Name, int Kind)> silos, StagePlan? held = null)
    {
        if (silos.Count == 0) return null;

        // Where all are alike, those beyond a layer for each lane stay idle.
        if (cluster.Machines.Count == 1) silos = [.. silos.Take(Costs.Lanes * config.NumHiddenLayers)];
        if (_search is not null) return _search.Best(silos, held);
        try
        {
            var plan = ReplicaPlanner.Plan(config, spec, cluster.SilosOf(silos, spec), held);
            return new PlannedRun(plan, Timing(plan, silos));
        }
        catch (NoRoomException)
        {
            return null;
        }
    }

    /// <summary>How long steps on silos take where nothing is held; null where they have no room for the run.</summary>
    public StepTiming? Timing(IReadOnlyList<(string Name, int Kind)> silos) => Plan(silos)?.Timing;

    /// <summary>Whether a run, which knows neither links nor speeds before it trains, plans so by itself.</summary>
    /// <param name="plan">The plan for these silos.</param>
    /// <param name="silos">The silos.</param>
    public bool IsRunsOwn(StagePlan plan, IReadOnlyList<(string Name, int Kind)> silos) => _search is null
        || ReplicaPlanner.Plan(config, spec, [.. cluster.SilosOf(silos, spec).Select(s => s with { Speed = 1 })]).SameAs(plan);

    /// <summary>Whether silos that have a plan should change to another one.</summary>
    /// <param name="silos">The silos.</param>
    /// <param name="current">What they have.</param>
    /// <param name="other">What they could have.</param>
    public bool IsWorthMoving(IReadOnlyList<(string Name, int Kind)> silos, PlannedRun current, PlannedRun other) => _search is not null
        ? ReplicaPlanner.IsWorthMoving(current.Timing.Seconds, other.Timing.Seconds)
        : ReplicaPlanner.IsWorthMoving(config, spec, cluster.SilosOf(silos, spec), current.Plan, other.Plan);

    private static TrainingSpec Checked(TrainingSpec spec, ClusterShape cluster)
    {
        if (cluster.Machines.All(m => m.OnGpu)) WeightForms.CheckGpus(spec);
        return spec;
    }

    // Where machines are alike, it depends on the plan's shape alone.
    private StepTiming Timing(StagePlan plan, IReadOnlyList<(string Name, int Kind)> silos)
    {
        if (measured?.Invoke(plan) is { } timing) return timing;
        var kinds = silos.ToDictionary(s => s.Name, s => s.Kind);
        var shape = string.Join(';', plan.Stages.Select(s => string.Create(
            CultureInfo.InvariantCulture, $"{kinds[s.Silo]}:{s.Replica}:{string.Join(',', s.Parts)}"))) + $"|{string.Join(',', plan.Lanes)}";
        if (!_timings.TryGetValue(shape, out var known))
        {
            var simulation = new StepSimulation(Costs, plan, s => cluster.Machines[kinds[s]].MultiplyAddsPerSecond, cluster);
            _timings[shape] = known = simulation.Timing();
        }

        return known;
    }
}
