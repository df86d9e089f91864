namespace LisaOrleans.Data;

/// <summary>Learned tokens that count by a weight other than 1.</summary>
/// <param name="Tokens">How many.</param>
/// <param name="Least">The least of these weights.</param>
/// <param name="Greatest">The greatest.</param>
public readonly record struct WeightFigures(long Tokens, float Least, float Greatest)
{
    /// <summary>These and others.</summary>
    /// <param name="weights">Weights of tokens, at least 0.</param>
    public WeightFigures With(ReadOnlySpan<float> weights)
    {
        var (tokens, least, greatest) = this;
        foreach (var weight in weights)
        {
            if (weight is 0 or 1) continue;
            (least, greatest) = tokens == 0 ? (weight, weight) : (Math.Min(least, weight), Math.Max(greatest, weight));
            tokens++;
        }

        return new WeightFigures(tokens, least, greatest);
    }
}
