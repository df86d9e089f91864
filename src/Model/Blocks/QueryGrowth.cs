using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Queries beyond the original context are multiplied by 1 + β · ln(1 + ⌊position / original⌋), to counter attention that
/// spreads out more the longer a sequence is (Llama 4's attention temperature).
/// </summary>
/// <param name="Beta">β.</param>
/// <param name="OriginalPositions">Context length of pre-training, in tokens.</param>
public sealed record QueryGrowth(double Beta, int OriginalPositions)
{
    /// <summary>q [B, H, T, K] → the same shape.</summary>
    internal Tensor Apply(Tensor q_BHTK, SequenceContext context)
    {
        if (context.SequenceLength <= OriginalPositions) return q_BHTK;
        var factors = context.Positions().Over(OriginalPositions).floor().Plus(1).log().Times(Beta).Plus(1);

        // Where rows differ, all heads of a row grow alike.
        if (factors.dim() == 2) factors = factors.unsqueeze(1);
        return q_BHTK * factors.unsqueeze(-1).to(q_BHTK.dtype);
    }
}
