using System.Globalization;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Chooses how many replicas of a model silos hold, and of how many stages each is: the choice by which a step is shortest. A pure function:
/// every silo that plans comes to the same result.
/// </summary>
/// <remarks>
/// More replicas compute less each, but exchange all that trains: the silos' arithmetic is weighed against a link between them. Both are
/// rough guesses, right to some factor, which is enough where one outweighs the other by far.
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

    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="silos">Silos in the order of the walk; replicas are made of neighbours.</param>
    /// <exception cref="NoRoomException">There are no silos, or too little memory.</exception>
    public static StagePlan Plan(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos)
    {
        var lanes = Math.Min(GradientLanes.Of(spec), spec.GradientAccumulationSteps);
        var most = Math.Min(lanes, silos.Count);
        int? wanted = spec.Replicas == TrainingSpec.AutoReplicas ? null : int.Parse(spec.Replicas, CultureInfo.InvariantCulture);
        var best = (Cost: double.PositiveInfinity, Plan: (StagePlan?)null);
        for (var replicas = Math.Min(most, wanted ?? most); replicas > 1; replicas--)
        {
            if (Cut(config, spec, silos, replicas, lanes) is not { } found) continue;
            if (wanted is not null) return found.Plan;
            if (found.Cost <= best.Cost) best = found;
        }

        // With a single one, idle silos are possible; it is what fits if anything does.
        var single = StagePlanner.Plan(config, spec, silos);
        var cost = Seconds(config, spec, silos, single) * (spec.GradientAccumulationSteps + single.Stages.Count - 1);
        return best.Cost < cost ? best.Plan! : single;
    }

    // Null where some replica does not fit its silos.
    private static (double Cost, StagePlan Plan)? Cut(
        ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, int replicas, int lanes)
    {
        if (config.EmbeddingSpecs().Concat(config.HeadSpecs()).Max(s => s.Count) > LargestSum / sizeof(float)) return null;

        // More silos than layers would leave some idle in one replica that another could use.
        var dealt = Math.Min(silos.Count, replicas * config.NumHiddenLayers);
        var (stages, pipelines, first) = (new List<SiloStage>(), new List<(double Stage, int Stages)>(), 0);
        for (var replica = 0; replica < replicas; replica++)
        {
            var count = (dealt / replicas) + (replica < dealt % replicas ? 1 : 0);
            TrainingSilo[] own = [.. silos.Skip(first).Take(count)];
            first += count;
            if (!RunCapacity.Fits(spec, config, own)) return null;
            var plan = StagePlanner.Plan(config, spec, own);
            stages.AddRange(plan.Stages.Select(s => s with { Replica = replica }));
            pipelines.Add((Seconds(config, spec, own, plan), plan.Stages.Count));
        }

        // Lane by lane to the replica that then ends first; each has one at least.
        var shares = Enumerable.Repeat(1, replicas).ToArray();
        for (var left = lanes - replicas; left > 0; left--) shares[Enumerable.Range(0, replicas).MinBy(r => Cost(r, shares[r] + 1))]++;
        return (
            Enumerable.Range(0, replicas).Max(r => Cost(r, shares[r])) + (ExposedExchange * Exchange(config, spec, replicas)),
            new StagePlan(stages, shares));

        // A micro-batch for each stage fills the pipeline; then one ends whenever the slowest stage is done.
        double Cost(int replica, int share) =>
            pipelines[replica].Stage * (((double)share * spec.GradientAccumulationSteps / lanes) + pipelines[replica].Stages - 1);
    }

    // Of the slowest stage with a micro-batch.
    private static double Seconds(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, StagePlan plan)
    {
        var rate = silos.All(s => s.OnGpu) ? Gpu : ProcessorThread * Math.Max(1, spec.Threads);
        return StagePlanner.SlowestStage(config, spec, plan) * spec.PerDeviceTrainBatchSize * spec.BlockSize / rate;
    }

    // Each silo sends sums in float32 to the owners of parts, and the weights of those that it owns to the others.
    private static double Exchange(ModelConfig config, TrainingSpec spec, int replicas)
    {
        var bytes = sizeof(float) + PartDtypes.Parse(spec.Dtype, spec.OptimizerStateDtype).Compute.ElementSize();
        return (double)RunCapacity.Estimate(spec, config).TrainableParameters * bytes * (replicas - 1) / replicas / Link;
    }
}
