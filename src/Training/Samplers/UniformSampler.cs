using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>Exactly gamma layers, all sets equally likely (the paper's revised algorithm). Keyed by (seed, period).</summary>
internal sealed class UniformSampler : ILayerSampler
{
    // Keeps these draws apart from those that shuffle samples under the same seed.
    private const ulong Domain = 0x6C61796572730001;

    public string Name => "uniform";

    public IReadOnlyList<int> Select(SamplingTurn turn)
    {
        var random = new CounterRandom(turn.Spec.Seed ^ Domain, (ulong)turn.Period);
        return [.. Shuffle(random, turn.LayerCount, turn.Spec.LisaActivatedLayers).Order()];
    }

    /// <summary>The first of all layers in a random order; every order is equally likely.</summary>
    internal static IEnumerable<int> Shuffle(CounterRandom random, int layerCount, int take)
    {
        var layers = Enumerable.Range(0, layerCount).ToArray();
        for (var i = 0; i < take; i++)
        {
            var other = i + random.NextInt(layerCount - i);
            (layers[i], layers[other]) = (layers[other], layers[i]);
        }

        return layers.Take(take);
    }
}
