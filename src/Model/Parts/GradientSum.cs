namespace LisaOrleans.Model;

/// <summary>What one replica has summed of a parameter's gradient, on its way to the replica that adds it up.</summary>
/// <param name="Parameter">The parameter's name.</param>
/// <param name="OfAlias">Whether it is of a tied matrix's use by the head, which is summed apart.</param>
/// <param name="Sum">Which lanes, and their sum.</param>
public sealed record GradientSum(string Parameter, bool OfAlias, LaneSum Sum);
