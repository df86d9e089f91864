namespace LisaOrleans.Model;

/// <summary>
/// LongRoPE (Ding et al., arXiv 2402.13753): a divisor for each frequency, of which there is one set for sequences up to the
/// original context and one for longer ones (Hugging Face: <c>_compute_longrope_parameters</c>).
/// </summary>
/// <param name="ShortFactor">Divisors for sequences up to the original context, [dimensions / 2].</param>
/// <param name="LongFactor">Divisors for longer ones.</param>
/// <param name="OriginalMaxPositionEmbeddings">Context length of pre-training, in tokens.</param>
/// <param name="Attention">What cosines and sines are multiplied by.</param>
public sealed record LongRopeScaling(
    IReadOnlyList<double> ShortFactor, IReadOnlyList<double> LongFactor, int OriginalMaxPositionEmbeddings, double Attention) : RopeScaling
{
    /// <inheritdoc/>
    public override double AttentionFactor => Attention;

    /// <inheritdoc/>
    public bool Equals(LongRopeScaling? other) => other is not null
        && ShortFactor.SequenceEqual(other.ShortFactor) && LongFactor.SequenceEqual(other.LongFactor)
        && OriginalMaxPositionEmbeddings == other.OriginalMaxPositionEmbeddings && Attention.Equals(other.Attention);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ShortFactor.Count, LongFactor[0], OriginalMaxPositionEmbeddings, Attention);

    internal override long LengthClass(long length) => length > OriginalMaxPositionEmbeddings ? 1 : 0;

    internal override double[] InverseFrequencies(Rotary rotary, long lengthClass)
    {
        var factors = lengthClass == 0 ? ShortFactor : LongFactor;
        return [.. rotary.BaseFrequencies(rotary.Theta).Select((frequency, i) => frequency / factors[i])];
    }
}
