using LisaOrleans.Data;

namespace LisaOrleans.Training;

public static class BatchPlans
{
    /// <summary>The batches of a run over this many samples (or packed blocks).</summary>
    public static BatchPlan Create(TrainingSpec spec, int sampleCount) => new(
        sampleCount, spec.PerDeviceTrainBatchSize, spec.GradientAccumulationSteps, spec.Seed,
        spec.MaxSteps is { } steps ? checked((int)steps) : null, spec.NumTrainEpochs);
}
