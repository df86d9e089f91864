namespace LisaOrleans.Model;

/// <summary>How rotary frequencies are stretched for longer contexts (<c>rope_scaling</c> or <c>rope_parameters</c> of config.json).</summary>
public abstract record RopeScaling
{
    /// <value>What cosines and sines are multiplied by. Default 1.</value>
    public virtual double AttentionFactor => 1;

    /// <summary>
    /// Lengths of one class have the same frequencies: 0 for all where they are alike, 1 for the longer ones where there are
    /// two kinds, the length itself where each has its own.
    /// </summary>
    internal virtual long LengthClass(long length) => 0;

    /// <summary>Angular frequency of each pair of dimensions.</summary>
    /// <param name="rotary">The rest of the rotary embedding.</param>
    /// <param name="lengthClass">What <see cref="LengthClass"/> gave.</param>
    internal abstract double[] InverseFrequencies(Rotary rotary, long lengthClass);
}
