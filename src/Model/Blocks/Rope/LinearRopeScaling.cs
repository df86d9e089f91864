namespace LisaOrleans.Model;

/// <summary>All frequencies divided by one factor.</summary>
/// <param name="Factor">At least 1.</param>
public sealed record LinearRopeScaling(double Factor) : RopeScaling
{
    internal override double[] InverseFrequencies(Rotary rotary, long lengthClass) =>
        [.. rotary.BaseFrequencies(rotary.Theta).Select(f => f / Factor)];
}
