using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>
/// Gamma layers, drawn one after the other with a chance in proportion to the mean norm of their gradients so far. A layer
/// that has not trained yet counts as much as the one with the largest, so that all are tried; none counts for less than a
/// tenth of the average, so that none is forgotten. Keyed by (seed, period, committed steps before the period).
/// </summary>
internal sealed class WeightedSampler : ILayerSampler
{
    private const ulong Domain = 0x6C61796572730003;
    private const double LeastShare = 0.1;

    public string Name => "weighted";

    public bool LearnsFromHistory => true;

    public IReadOnlyList<int> Select(SamplingTurn turn)
    {
        var random = new CounterRandom(turn.Spec.Seed ^ Domain, (ulong)turn.Period);
        return [.. Draw(random, Weights(turn), turn.Spec.LisaActivatedLayers).Order()];
    }

    /// <summary>Distinct layers, drawn one after the other with a chance in proportion to their weights.</summary>
    /// <param name="random">The chance.</param>
    /// <param name="weights">A weight above 0 for each layer.</param>
    /// <param name="take">How many.</param>
    internal static List<int> Draw(CounterRandom random, IReadOnlyList<double> weights, int take)
    {
        // Sums and products only, which every machine rounds alike.
        var left = weights.ToArray();
        var chosen = new List<int>();
        while (chosen.Count < take)
        {
            var point = (random.NextUInt64() >> 11) * (1.0 / (1UL << 53)) * left.Sum();
            var layer = -1;
            for (var i = 0; i < left.Length && point >= 0; i++)
            {
                if (left[i] == 0) continue;
                (layer, point) = (i, point - left[i]);
            }

            chosen.Add(layer);
            left[layer] = 0;
        }

        return chosen;
    }

    /// <summary>Weights of which none is less than a tenth of their average; all alike where all are 0.</summary>
    internal static double[] Floored(IReadOnlyList<double> weights)
    {
        var least = LeastShare * weights.Sum() / weights.Count;
        return [.. weights.Select(w => Math.Max(w, least > 0 ? least : 1))];
    }

    private static double[] Weights(SamplingTurn turn)
    {
        var largest = turn.Layers.Max(l => l.MeanGradNorm) is { } norm and > 0 ? norm : 1;
        return Floored([.. turn.Layers.Select(l => l.MeanGradNorm ?? largest)]);
    }
}
