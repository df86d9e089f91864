namespace LisaOrleans.Training;

/// <summary>The same listed layers in every period.</summary>
public sealed class FixedLayerSampling : ILayerSamplingStrategy
{
    public string Name => "fixed";

    public IReadOnlyList<int> Select(TrainingSpec spec, int layerCount, long period) => [.. spec.LisaFixedLayers.Order()];
}
