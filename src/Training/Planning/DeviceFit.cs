using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Settings with which a run fits a GPU.</summary>
/// <param name="Spec">The settings.</param>
/// <param name="Memory">What the run then needs.</param>
public sealed record DeviceFit(TrainingSpec Spec, MemoryEstimate Memory)
{
    // What the driver, kernels and fragments of memory take from a device besides tensors.
    private const double ShareForTensors = 0.92;

    private static readonly string[] s_optimizersByMemory = ["adamw", "adamw-8bit"];
    private static readonly string[] s_formsByMemory = ["whole", "int8", "nf4"];

    /// <summary>
    /// The settings nearest to the given ones with which a run fits: smaller micro-batches, of which more make up the same step,
    /// before activations that are computed twice, then an optimizer with smaller state, and frozen layers in fewer bits last.
    /// </summary>
    /// <param name="spec">The settings that are wanted.</param>
    /// <param name="config">The model.</param>
    /// <param name="bytes">The device's memory.</param>
    /// <returns>The settings; null where none of these is enough.</returns>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public static DeviceFit? Find(TrainingSpec spec, ModelConfig config, long bytes) =>
        Candidates(spec).Select(c => new DeviceFit(c, RunCapacity.Estimate(c, config, onGpu: true)))
            .FirstOrDefault(f => f.Memory.Tensors <= bytes * ShareForTensors);

    /// <summary>The least that a run needs by these means.</summary>
    public static MemoryEstimate Least(TrainingSpec spec, ModelConfig config) =>
        Candidates(spec).Select(c => RunCapacity.Estimate(c, config, onGpu: true)).MinBy(m => m.Tensors)!;

    private static IEnumerable<TrainingSpec> Candidates(TrainingSpec spec) =>
        from form in spec.FrozenWeights == s_formsByMemory[0] && Methods.Freezes(spec) ? s_formsByMemory : [spec.FrozenWeights]
        from optimizer in spec.Optim == s_optimizersByMemory[0] ? s_optimizersByMemory : [spec.Optim]
        from checkpointing in spec.GradientCheckpointing ? new[] { true } : [false, true]
        from divisor in Divisors(spec.PerDeviceTrainBatchSize)
        select spec with
        {
            FrozenWeights = form,
            Optim = optimizer,
            GradientCheckpointing = checkpointing,
            PerDeviceTrainBatchSize = spec.PerDeviceTrainBatchSize / divisor,
            GradientAccumulationSteps = checked(spec.GradientAccumulationSteps * divisor),
            GradientLanes = Lanes(spec, checked(spec.GradientAccumulationSteps * divisor)),
        };

    // As a run with those settings would have them.
    private static int Lanes(TrainingSpec spec, int microBatches) =>
        spec.GradientLanes == GradientLanes.Default(spec.GradientAccumulationSteps) ? GradientLanes.Default(microBatches) : spec.GradientLanes;

    private static IEnumerable<int> Divisors(int size) => Enumerable.Range(1, size).Where(d => size % d == 0);
}
