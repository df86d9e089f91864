namespace LisaOrleans.Training;

/// <summary>Chooses the decoder layers of a period. To add one: a class beside these, and a line in <see cref="LayerSamplers"/>.</summary>
public interface ILayerSampler : INamed
{
    /// <summary>
    /// Whether the choice depends on <see cref="SamplingTurn.Layers"/>: then nobody can say before a period which layers will
    /// train in it.
    /// </summary>
    bool LearnsFromHistory => false;

    /// <summary>Whether the choice depends on <see cref="SamplingTurn.Outliers"/>: then they are counted when a run begins.</summary>
    bool LooksAtWeights => false;

    /// <summary>The most layers that it chooses for a period.</summary>
    int MostLayers(TrainingSpec spec) => spec.LisaActivatedLayers;

    /// <summary>What is wrong with the settings of the sampler; null if they are right.</summary>
    SettingProblem? Check(TrainingSpec spec, int layerCount) => spec.LisaActivatedLayers <= layerCount
        ? null
        : new SettingProblem(
            nameof(spec.LisaActivatedLayers), $"is {spec.LisaActivatedLayers}; it must be at most {layerCount}, the model's decoder layers");

    /// <summary>The layers of a period, ascending, each once. A pure function of its argument: there is no state to save.</summary>
    IReadOnlyList<int> Select(SamplingTurn turn);
}
