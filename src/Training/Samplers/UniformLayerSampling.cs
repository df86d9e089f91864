using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>Exactly gamma layers, all sets equally likely (the paper's revised algorithm). Keyed by (seed, period).</summary>
public sealed class UniformLayerSampling : ILayerSamplingStrategy
{
    // Keeps these draws apart from those that shuffle samples under the same seed.
    private const ulong Domain = 0x6C61796572730001;

    public string Name => "uniform";

    public IReadOnlyList<int> Select(TrainingSpec spec, int layerCount, long period)
    {
        var random = new CounterRandom(spec.Seed ^ Domain, (ulong)period);
        var layers = Enumerable.Range(0, layerCount).ToArray();
        for (var i = 0; i < spec.LisaActivatedLayers; i++)
        {
            var other = i + random.NextInt(layerCount - i);
            (layers[i], layers[other]) = (layers[other], layers[i]);
        }

        return [.. layers.Take(spec.LisaActivatedLayers).Order()];
    }
}
