using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>
/// Sweeps over all layers, gamma at a time, each sweep in a new random order (BAdam's random reshuffling, arXiv 2404.02827):
/// as random as it can be while no layer waits for longer than two sweeps. The last period of a sweep has the layers that are
/// left, which may be fewer. Keyed by (seed, sweep).
/// </summary>
internal sealed class ReshuffledSampler : ILayerSampler
{
    private const ulong Domain = 0x6C61796572730002;

    public string Name => "reshuffled";

    public IReadOnlyList<int> Select(SamplingTurn turn)
    {
        var active = turn.Spec.LisaActivatedLayers;
        if (active == 0) return [];
        var (sweep, block) = Math.DivRem(turn.Period, (turn.LayerCount + active - 1) / active);
        var random = new CounterRandom(turn.Spec.Seed ^ Domain, (ulong)sweep);
        return [.. UniformSampler.Shuffle(random, turn.LayerCount, turn.LayerCount).Skip((int)block * active).Take(active).Order()];
    }
}
