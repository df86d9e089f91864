using LisaOrleans.Data;

namespace LisaOrleans.Training;

public static class BatchPlans
{
    /// <summary>The batches of a run over this many samples (or packed blocks); their rows are samples, blocks or pairs of samples.</summary>
    public static BatchPlan Create(TrainingSpec spec, int sampleCount) => new(
        sampleCount / Objectives.SequencesOf(spec), spec.PerDeviceTrainBatchSize, spec.GradientAccumulationSteps, spec.Seed,
        spec.MaxSteps is { } steps ? checked((int)steps) : null, spec.NumTrainEpochs);

    /// <summary>The same for a run that is being made.</summary>
    /// <exception cref="InvalidTrainingSettingException">It would have more steps than can be counted.</exception>
    public static BatchPlan CreateNew(TrainingSpec spec, int sampleCount) => Create(spec, sampleCount) is { TotalSteps: <= int.MaxValue } plan
        ? plan
        : throw new InvalidTrainingSettingException("num_train_epochs", $"makes more steps than the {int.MaxValue} that are possible");

    /// <summary>Micro-batches that score every sample once, in the order of the data.</summary>
    public static IReadOnlyList<int[]> InOrder(TrainingSpec spec, int sampleCount) =>
        [.. Enumerable.Range(0, sampleCount / Objectives.SequencesOf(spec)).Chunk(spec.PerDeviceTrainBatchSize)];
}
