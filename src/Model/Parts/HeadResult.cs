using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>What the head makes of a micro-batch.</summary>
/// <param name="LossSum">Sum of the cross-entropies, in nats, unscaled.</param>
/// <param name="LabelCount">How many.</param>
/// <param name="Gradient">Gradient of the scaled loss with respect to the input, [B, T, D], which the caller owns; null where
/// it was not wanted.</param>
public readonly record struct HeadResult(double LossSum, int LabelCount, Tensor? Gradient);
