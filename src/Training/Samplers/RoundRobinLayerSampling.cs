namespace LisaOrleans.Training;

/// <summary>The next gamma layers of an endless sweep from the first layer to the last (as BAdam's blocks in order).</summary>
public sealed class RoundRobinLayerSampling : ILayerSamplingStrategy
{
    public string Name => "round-robin";

    public IReadOnlyList<int> Select(TrainingSpec spec, int layerCount, long period) =>
        [.. Enumerable.Range(0, spec.LisaActivatedLayers)
            .Select(i => (int)(((period * spec.LisaActivatedLayers) + i) % layerCount))
            .Order()];
}
