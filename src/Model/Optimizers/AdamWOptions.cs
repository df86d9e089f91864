namespace LisaOrleans.Model;

/// <summary>Settings of AdamW that stay the same over a run (Loshchilov and Hutter, arXiv 1711.05101).</summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Decoupled decay of matrices; norms and biases have none.</param>
public sealed record AdamWOptions(double Beta1, double Beta2, double Epsilon, double WeightDecay);
