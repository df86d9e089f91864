namespace LisaOrleans.Grains;

/// <summary>The same listed layers in every period.</summary>
internal sealed class FixedLayerSampling : ILayerSamplingStrategy
{
    public string Name => "fixed";

    public IReadOnlyList<int> Select(TrainingSpec spec, int layerCount, long period) => [.. spec.LisaFixedLayers.Order()];
}
