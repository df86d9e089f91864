using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Checks a run's settings: each by the table, then against each other and against the model.</summary>
public static class TrainingSpecValidator
{
    /// <summary>Checks settings with nothing left to be chosen.</summary>
    /// <param name="spec">The settings; see <see cref="DerivedSettings"/>.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="InvalidTrainingSettingException">Something is outside what is allowed.</exception>
    public static void Validate(TrainingSpec spec, ModelConfig config)
    {
        RunSettings.Table.Check(spec);
        RunSettings.Table.CheckUse(spec);
        CheckMethod(spec, config);
        if (spec.Method != TrainingMethods.Full && spec.LisaStrategy == "fixed") CheckFixedLayers(spec, config);
        CheckBlockSize(spec.BlockSize, config);
    }

    /// <summary>Checks the longest sequence alone, for what only reads samples.</summary>
    /// <param name="blockSize">Tokens.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="InvalidTrainingSettingException">The model has no such positions.</exception>
    public static void CheckBlockSize(int blockSize, ModelConfig config) => AtMost(
        nameof(TrainingSpec.BlockSize), blockSize, config.MaxSequenceLength, "the longest sequence of the model (config.json)");

    private static void CheckMethod(TrainingSpec spec, ModelConfig config)
    {
        if (spec.Method == TrainingMethods.Full)
        {
            if (spec.TrainEmbeddings) return;
            throw Wrong(
                nameof(spec.TrainEmbeddings),
                "is false, but {method} full trains every parameter; to train all layers without embedding and head, use {method} lisa "
                + $"with {{lisa_activated_layers}} {config.NumHiddenLayers}");
        }

        if (spec.LisaStrategy != "fixed")
            AtMost(nameof(spec.LisaActivatedLayers), spec.LisaActivatedLayers, config.NumHiddenLayers, "the model's decoder layers");
        if (spec.LisaActivatedLayers == 0 && !spec.TrainEmbeddings)
            throw Wrong(nameof(spec.LisaActivatedLayers), "is 0 and {train_embeddings} is false: nothing would train");
    }

    private static void CheckFixedLayers(TrainingSpec spec, ModelConfig config)
    {
        const string Name = nameof(TrainingSpec.LisaFixedLayers);
        if (spec.LisaFixedLayers.Count == 0) throw Wrong(Name, "is empty; {lisa_strategy} fixed needs at least one layer");
        foreach (var layer in spec.LisaFixedLayers) AtMost(Name, layer, config.NumHiddenLayers - 1, "the model's last layer");
        if (spec.LisaFixedLayers.Distinct().Count() != spec.LisaFixedLayers.Count) throw Wrong(Name, "names a layer twice");
    }

    private static void AtMost(string property, long value, long highest, string why)
    {
        if (value > highest) throw Wrong(property, $"is {value}; it must be at most {highest}, {why}");
    }

    private static InvalidTrainingSettingException Wrong(string property, string problem) =>
        new(RunSettings.Table.Of(property).Name, problem);
}
