namespace LisaOrleans.Training;

/// <summary>Which samples a run may be told not to learn from.</summary>
public static class SampleMask
{
    /// <summary>Checks that the data has the samples, and others too.</summary>
    /// <param name="masked">Numbers of samples, each once.</param>
    /// <param name="count">Samples of the data.</param>
    /// <exception cref="InvalidTrainingSettingException">A number is not one of them, or they are all that there are.</exception>
    public static void Check(IReadOnlyList<int> masked, int count)
    {
        var name = RunSettings.Table.Of(nameof(TrainingSpec.MaskSamples)).Name;
        if (masked.FirstOrDefault(s => s >= count, -1) is >= 0 and var unknown)
            throw new InvalidTrainingSettingException(name, $"names sample {unknown}; the training data has samples 0 to {count - 1}");
        if (masked.Count > 0 && masked.Count == count)
            throw new InvalidTrainingSettingException(name, $"names all {count} samples, which leaves nothing to learn from");
    }

    /// <summary>Checks that nothing was learned from samples yet.</summary>
    /// <param name="masked">Numbers of samples.</param>
    /// <param name="records">The committed steps.</param>
    /// <exception cref="InvalidTrainingSettingException">A step used one of them.</exception>
    public static void CheckUnused(IReadOnlySet<int> masked, IReadOnlyList<StepRecord> records)
    {
        foreach (var record in records)
        {
            if (record.Samples.FirstOrDefault(masked.Contains, -1) is not (>= 0 and var sample)) continue;
            throw new InvalidTrainingSettingException(
                RunSettings.Table.Of(nameof(TrainingSpec.MaskSamples)).Name,
                $"names sample {sample}, which was learned from in step {record.Step}; fork the run before that step, or use lisa forget");
        }
    }
}
