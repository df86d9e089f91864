namespace LisaOrleans.Model;

/// <summary>
/// YaRN (Peng et al., arXiv 2309.00071): frequencies that turn often within the original context are kept, those that turn
/// rarely divided, with a linear ramp between; attention is sharpened (Hugging Face: <c>_compute_yarn_parameters</c>).
/// </summary>
/// <param name="Factor">Divisor of low frequencies.</param>
/// <param name="OriginalMaxPositionEmbeddings">Context length of pre-training, in tokens.</param>
/// <param name="BetaFast">Turns within that context from which a frequency is kept.</param>
/// <param name="BetaSlow">Turns up to which it is divided fully.</param>
/// <param name="Truncate">Whether the ramp begins and ends at whole dimensions.</param>
/// <param name="Attention">What cosines and sines are multiplied by.</param>
public sealed record YarnRopeScaling(
    double Factor, double OriginalMaxPositionEmbeddings, double BetaFast, double BetaSlow, bool Truncate, double Attention) : RopeScaling
{
    /// <inheritdoc/>
    public override double AttentionFactor => Attention;

    /// <summary>YaRN's m: 0.1 · scale · ln(factor) + 1.</summary>
    internal static double Magnitude(double factor, double scale = 1) => factor <= 1 ? 1 : (0.1 * scale * Math.Log(factor)) + 1;

    internal override double[] InverseFrequencies(Rotary rotary, long lengthClass)
    {
        var (low, high) = (DimensionOf(BetaFast), DimensionOf(BetaSlow));
        if (Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, rotary.Dimensions - 1));
        if (low == high) high += 0.001;
        return [.. rotary.BaseFrequencies(rotary.Theta).Select((frequency, i) =>
        {
            var divided = Math.Clamp((i - low) / (high - low), 0, 1);
            return (frequency / Factor * divided) + (frequency * (1 - divided));
        })];

        // The pair of dimensions that turns so many times within the original context.
        double DimensionOf(double turns) =>
            rotary.Dimensions * Math.Log(OriginalMaxPositionEmbeddings / (turns * 2 * Math.PI)) / (2 * Math.Log(rotary.Theta));
    }
}
