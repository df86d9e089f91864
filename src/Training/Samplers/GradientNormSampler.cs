using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>
/// Gamma layers, drawn one after the other with the chances of a softmax over the mean norms of their gradients so far (GRASS, arXiv
/// 2604.07808). The norms count in multiples of their mean over the layers, so that the scale of the loss does not matter. A layer
/// that has not trained yet counts as much as the one with the largest norm, so that all are tried. Keyed by (seed, period,
/// committed steps before the period).
/// </summary>
internal sealed class GradientNormSampler : ILayerSampler
{
    private const ulong Domain = 0x6C61796572730004;

    // exp(x) is taken as exp(x / 2^Halvings) to the power of 2^Halvings; so small an argument needs few terms.
    private const int Halvings = 10;
    private const int Terms = 8;

    public string Name => "gradient-norm";

    public bool LearnsFromHistory => true;

    public IReadOnlyList<int> Select(SamplingTurn turn)
    {
        var random = new CounterRandom(turn.Spec.Seed ^ Domain, (ulong)turn.Period);
        return [.. WeightedSampler.Draw(random, Weights(turn.Layers), turn.Spec.LisaActivatedLayers).Order()];
    }

    /// <summary>The chances of the layers for the first draw, up to a common factor; the largest is 1.</summary>
    internal static double[] Weights(IReadOnlyList<LayerStatistics> layers)
    {
        var largest = layers.Max(l => l.MeanGradNorm) ?? 0;
        if (largest == 0) return [.. layers.Select(_ => 1.0)];
        var norms = layers.Select(l => l.MeanGradNorm ?? largest).ToArray();
        var mean = norms.Sum() / norms.Length;
        return [.. norms.Select(n => Exponential((n - largest) / mean))];
    }

    // Of a number up to 0, by sums and products only, which every machine rounds alike; the C library's differs between machines.
    private static double Exponential(double x)
    {
        var small = x / (1 << Halvings);
        var sum = 1.0;
        for (var term = Terms; term > 0; term--) sum = 1 + (sum * small / term);
        for (var i = 0; i < Halvings; i++) sum *= sum;
        return sum;
    }
}
