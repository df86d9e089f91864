using System.Globalization;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Compares what a run needs, as <c>lisa plan</c> predicts it, with what silos offer.</summary>
public static class RunCapacity
{
    private static readonly LastResult<(TrainingSpec Spec, ModelConfig Config, bool OnGpu), MemoryEstimate> s_last = new(
        a => MemoryPlan.Estimate(a.Config, Options(a.Spec, a.Config, a.OnGpu)),
        (a, b) => ReferenceEquals(a.Spec, b.Spec) && ReferenceEquals(a.Config, b.Config) && a.OnGpu == b.OnGpu);

    /// <returns>Null if the run fits, or if there is no silo yet; else the numbers.</returns>
    public static string? Check(TrainingSpec spec, ModelConfig config, IReadOnlyList<TrainingSilo> silos)
    {
        if (silos.Count == 0 || StagePlanner.Fits(config, spec, silos)) return null;
        if (StagePlanner.IsOnlyForCpus(spec, silos))
            return $"the run cannot train here: its form of frozen weights is {WeightForms.OnlyOnCpus}";
        var estimate = Estimate(spec, config, silos.All(s => s.OnGpu));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the run needs {Gigabytes(estimate.Tensors)} (weights {Gigabytes(estimate.Weights)}, gradients "
                + $"{Gigabytes(estimate.Gradients)}, optimizer state "
            + $"{Gigabytes(estimate.OptimizerState)}, activations {Gigabytes(estimate.Activations)}); the {silos.Count} live silos of role gpu offer "
            + $"{string.Join(" + ", silos.Select(s => Gigabytes(s.MemoryBytes)))}, of which stages of whole layers must be cut"
            + $"{Found(silos)}");
    }

    /// <summary>How to offer more, where silos found their memory themselves.</summary>
    internal static string Found(IReadOnlyList<TrainingSilo> silos) =>
        silos.Any(s => s.IsMemoryFound) ? " (as silos found their memory; lisa silo --memory-gb sets it, 0 for no limit)" : "";

    /// <summary>Bytes by kind for one process that trains the whole run.</summary>
    /// <param name="spec">The run's settings.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="onGpu">Whether it computes on a GPU. Default false.</param>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public static MemoryEstimate Estimate(TrainingSpec spec, ModelConfig config, bool onGpu = false) => s_last.Of((spec, config, onGpu));

    /// <summary>What the memory of a run depends on.</summary>
    internal static MemoryPlanOptions Options(TrainingSpec spec, ModelConfig config, bool onGpu)
    {
        var method = Methods.Of(spec);
        return new MemoryPlanOptions
        {
            ActiveLayers = method.MostLayers(spec, config.NumHiddenLayers),
            Adapters = method.Adapters(spec),
            TrainEmbeddings = method.Ends(spec) != PartTraining.Frozen,
            Dtypes = RunDtypes.Of(spec),
            Optimizer = Optimizers.Of(spec),
            FrozenWeights = WeightForms.Of(spec),
            SleptLayers = SleptLayers(method, spec, config.NumHiddenLayers),
            ParksMoments = ParksMoments(spec),
            BatchSize = spec.PerDeviceTrainBatchSize * Objectives.SequencesOf(spec),
            SequenceLength = spec.BlockSize,
            GradientAccumulationSteps = spec.GradientAccumulationSteps,
            GradientLanes = GradientLanes.Of(spec),
            OnGpu = onGpu,
            GradientCheckpointing = spec.GradientCheckpointing,
        };
    }

    /// <summary>Whether layers that fall asleep keep their moments.</summary>
    internal static bool ParksMoments(TrainingSpec spec) => Methods.Of(spec).Idle(spec) == PartTraining.Asleep;

    private static int SleptLayers(ITrainingMethod method, TrainingSpec spec, int layers)
    {
        var active = method.MostLayers(spec, layers);
        return method.PeriodSteps(spec) is { } period ? (int)Math.Min(layers - active, active * (spec.SaveSteps / period)) : 0;
    }

    private static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.###} GB");
}
