using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>
/// Gamma layers, drawn one after the other with a chance in proportion to the share of outliers among the weights that they began
/// with (OWS, arXiv 2405.18380): layers with many outliers are those that have learned most. None counts for less than a tenth of
/// the average, so that none is forgotten. Keyed by (seed, period).
/// </summary>
internal sealed class OutlierSampler : ILayerSampler
{
    private const ulong Domain = 0x6C61796572730005;

    public string Name => "outlier";

    public bool LooksAtWeights => true;

    public IReadOnlyList<int> Select(SamplingTurn turn)
    {
        var outliers = turn.Outliers ?? throw new InvalidOperationException("the outliers of the weights were not counted");
        var random = new CounterRandom(turn.Spec.Seed ^ Domain, (ulong)turn.Period);
        return [.. WeightedSampler.Draw(random, WeightedSampler.Floored(outliers), turn.Spec.LisaActivatedLayers).Order()];
    }
}
