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
}
