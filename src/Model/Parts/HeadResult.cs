using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>What the head makes of a micro-batch.</summary>
/// <param name="LossSum">Sum of the cross-entropies, each times its weight, or of the losses of pairs, in nats, unscaled.</param>
/// <param name="LabelCount">How many labels, or pairs, that is.</param>
/// <param name="Gradient">Gradient of the scaled loss with respect to the input, [B, T, D], which the caller owns; null where
/// it was not wanted.</param>
/// <param name="LogProbs">Of pairs: the summed log probability of each row's labels, [B]; else null.</param>
public readonly record struct HeadResult(double LossSum, int LabelCount, Tensor? Gradient, double[]? LogProbs = null);
