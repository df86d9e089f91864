using System.Globalization;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Chooses how many replicas of a model silos hold, and of how many stages each is: the choice by which a step is shortest. A pure function:
/// every silo that plans comes to the same result.
/// </summary>
/// <remarks>
/// More replicas compute less each, but exchange all that trains: the silos' arithmetic is weighed against a link between them. Both are
/// rough guesses, right to some factor, which is enough where one outweighs the other by far. How fast silos are beside each other is
/// measured (<see cref="SiloSpeeds"/>).
/// </remarks>
public static class ReplicaPlanner
{
    // Multiply-adds a second, and bytes a second from each silo (2 Gbit/s).
    private const double ProcessorThread = 25e9;
    private const double Gpu = 100e12;
    private const double Link = 250e6;

    // The largest tensor that silos send each other.
    private const long LargestSum = 4L << 30;

    // The rest of an exchange is in the shadow of backward passes.
    private const double ExposedExchange = 0.5;

    // How long parts are to stay where they are loaded, at least.
    internal const double StepsOfPlan = 10;

    // The share of a step for which it is worth to load parts elsewhere.
    private const double LeastGain = 0.1;

    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="silos">Silos in the order of the walk; replicas are made of neighbours, unless only other groups have room for the model.</param>
    /// <param name="held">Where parts are already: what it takes to load others counts as some steps' time; null where there are none.</param>
    /// <exception cref="NoRoomException">There are no silos, or too little memory.</exception>
    public static StagePlan Plan(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, StagePlan? held = null)
    {
        var best = (Cost: double.PositiveInfinity, Plan: (StagePlan?)null);
        foreach (var plan in Candidates(config, spec, silos))
            if (Cost(plan) is var cost && cost <= best.Cost) best = (cost, plan);
        return best.Plan!;

        double Cost(StagePlan plan) => StepSeconds(config, spec, silos, plan)
            + (held is null ? 0 : LoadSeconds(config, spec, held, plan) / StepsOfPlan);
    }

    /// <summary>
    /// Whether silos that have a plan should change to another one: it must gain at least a tenth of a step, because all that moves has to
    /// be loaded, and what was measured of the silos is never quite the same.
    /// </summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="silos">At least those that either plan uses.</param>
    /// <param name="current">What they have.</param>
    /// <param name="other">What they could have.</param>
    public static bool IsWorthMoving(
        ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, StagePlan current, StagePlan other) =>
        IsWorthMoving(StepSeconds(config, spec, silos, current), StepSeconds(config, spec, silos, other));

    /// <summary>The same for seconds of a step.</summary>
    internal static bool IsWorthMoving(double current, double other) => other <= (1 - LeastGain) * current;

    /// <summary>Multiply-adds a second of a GPU, or of a processor's threads: a rough guess.</summary>
    internal static double Rate(bool onGpu, int threads) => onGpu ? Gpu : ProcessorThread * Math.Max(1, threads);

    /// <summary>Seconds of a step: right enough to compare plans.</summary>
    internal static double StepSeconds(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, StagePlan plan)
    {
        var lanes = plan.Lanes.Count > 0 ? plan.Lanes.Sum() : 1;
        var longest = Enumerable.Range(0, plan.Replicas).Max(
            r => Seconds(spec, PipelineOf(config, spec, silos, plan, r), plan.Lanes.Count > 0 ? plan.Lanes[r] : 1, lanes));
        return plan.Replicas > 1 ? longest + (ExposedExchange * Exchange(config, spec, plan.Replicas)) : longest;
    }

    /// <summary>The plan for all silos as so many replicas; null where one of them would not fit its silos.</summary>
    internal static StagePlan? Of(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, int replicas)
    {
        if (replicas > 1) return Cut(config, spec, silos, replicas, Lanes(spec));
        return StagePlanner.Fits(config, spec, silos) ? StagePlanner.Plan(config, spec, silos) : null;
    }

    // One for each number of replicas that is wanted and has room, on all silos.
    private static IEnumerable<StagePlan> Candidates(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos)
    {
        var most = Math.Min(Lanes(spec), silos.Count);
        int? wanted = spec.Replicas == TrainingSpec.AutoReplicas ? null : int.Parse(spec.Replicas, CultureInfo.InvariantCulture);
        for (var replicas = Math.Min(most, wanted ?? most); replicas > 1; replicas--)
        {
            if (Cut(config, spec, silos, replicas, Lanes(spec)) is not { } found) continue;
            yield return found;
            if (wanted is not null) yield break;
        }

        // With a single one, idle silos are possible; it is what fits if anything does.
        yield return StagePlanner.Plan(config, spec, silos);
    }

    private static int Lanes(TrainingSpec spec) => Math.Min(GradientLanes.Of(spec), spec.GradientAccumulationSteps);

    // Until the silo has its weights that gets most.
    private static double LoadSeconds(ModelConfig config, TrainingSpec spec, StagePlan held, StagePlan plan)
    {
        var had = held.Stages.SelectMany(s => s.Parts.Select(p => (s.Silo, p))).ToHashSet();
        return plan.Stages.Max(s => s.Parts.Where(p => !had.Contains((s.Silo, p))).Sum(Count)) * RunDtypes.Of(spec).Storage.ElementSize() / Link;

        double Count(string part) => PartStorage.Specs(config, part).Sum(p => (double)p.Count);
    }

    // Null where some replica does not fit its silos.
    private static StagePlan? Cut(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, int replicas, int lanes)
    {
        if (BackwardPass.Of(config, spec, silos.Any(s => s.OnGpu)).LargestTrained > LargestSum / sizeof(float)) return null;

        var arriving = GradientLanes.Arriving(lanes, replicas);
        if (Deal(config, spec, silos, replicas, arriving) is not { } dealt) return null;
        var plans = dealt.Select(own => StagePlanner.Plan(config, spec, own, arriving)).ToArray();
        var pipelines = plans.Select(p => PipelineOf(config, spec, silos, p, replica: 0)).ToArray();

        // Lane by lane to the replica that then ends first; each has one at least.
        var shares = Enumerable.Repeat(1, replicas).ToArray();
        for (var left = lanes - replicas; left > 0; left--)
            shares[Enumerable.Range(0, replicas).MinBy(r => Seconds(spec, pipelines[r], shares[r] + 1, lanes))]++;
        return new StagePlan([.. plans.SelectMany((p, replica) => p.Stages.Select(s => s with { Replica = replica }))], shares)
        {
            InFlight = [.. plans.Select(p => p.InFlightOf(0))],
        };
    }

    // The silos of each replica; null where some replica would not fit its own.
    private static IReadOnlyList<TrainingSilo>[]? Deal(
        ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, int replicas, int arriving)
    {
        // More silos than layers would leave some idle in one replica that another could use.
        var dealt = Math.Min(silos.Count, replicas * config.NumHiddenLayers);
        var (neighbours, first) = (new IReadOnlyList<TrainingSilo>[replicas], 0);
        for (var replica = 0; replica < replicas; replica++)
        {
            var count = (dealt / replicas) + (replica < dealt % replicas ? 1 : 0);
            neighbours[replica] = [.. silos.Skip(first).Take(count)];
            first += count;
        }

        if (neighbours.All(own => StagePlanner.FitsWell(config, spec, own, arriving))) return neighbours;
        var even = ByMemory(silos, replicas);
        return even.All(own => StagePlanner.FitsWell(config, spec, own, arriving)) ? even : null;
    }

    // Silos of different sizes: the largest first, each to the replica that has the least memory then. A replica keeps the order of the walk.
    private static IReadOnlyList<TrainingSilo>[] ByMemory(IReadOnlyList<TrainingSilo> silos, int replicas)
    {
        var (replicaOf, memory) = (new int[silos.Count], new double[replicas]);
        foreach (var silo in Enumerable.Range(0, silos.Count).OrderByDescending(s => Memory(silos[s])))
        {
            replicaOf[silo] = Enumerable.Range(0, replicas).MinBy(r => memory[r]);
            memory[replicaOf[silo]] += Memory(silos[silo]);
        }

        return [.. Enumerable.Range(0, replicas).Select(r => silos.Where((_, s) => replicaOf[s] == r).ToArray())];

        static double Memory(TrainingSilo silo) => silo.MemoryBytes > 0 ? silo.MemoryBytes : double.PositiveInfinity;
    }

    // A micro-batch for each stage fills the pipeline; then one ends whenever the slowest stage is done.
    private static double Seconds(TrainingSpec spec, (double Stage, int Stages) pipeline, int share, int lanes) =>
        pipeline.Stage * (((double)share * spec.GradientAccumulationSteps / lanes) + pipeline.Stages - 1);

    // Seconds that a replica's slowest stage takes for each micro-batch of many, and how many stages it has.
    private static (double Stage, int Stages) PipelineOf(
        ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, StagePlan plan, int replica)
    {
        SiloStage[] own = [.. plan.Stages.Where(s => s.Replica == replica)];

        // Where silos have been measured, how much faster a GPU is beside a processor is among what was found: all speeds are in those of the
        // silo that is nearest to 1.
        var onGpu = silos.Any(s => s.Speed != 1)
            ? silos.MinBy(s => Math.Abs(Math.Log2(s.Speed)))!.OnGpu
            : silos.Where(s => own.Any(t => t.Silo == s.Address)).All(s => s.OnGpu);
        var slowest = StagePlanner.SlowestStage(config, spec, own, silos) * StagePlan.Waiting(own.Length, plan.InFlightOf(replica));
        return (slowest * spec.PerDeviceTrainBatchSize * spec.BlockSize / Rate(onGpu, spec.Threads), own.Length);
    }

    // Each silo sends sums in float32 to the owners of parts, and the weights of those that it owns to the others.
    private static double Exchange(ModelConfig config, TrainingSpec spec, int replicas)
    {
        var bytes = sizeof(float) + RunDtypes.Of(spec).Compute.ElementSize();
        return (double)RunCapacity.Estimate(spec, config).TrainableParameters * bytes * (replicas - 1) / replicas / Link;
    }
}
