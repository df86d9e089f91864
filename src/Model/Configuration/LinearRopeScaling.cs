namespace LisaOrleans.Model;

/// <summary>All frequencies divided by one factor.</summary>
/// <param name="Factor">At least 1.</param>
public sealed record LinearRopeScaling(double Factor) : RopeScaling;
