using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// The arithmetic of one decoder layer: attention, then a feed-forward block, each with norms around it, added to the
/// residual stream: x + multiplier · after(block(before(x))). Llama has a norm before, OLMo 2 one after, Gemma 2 both.
/// </summary>
/// <remarks>A family names the pieces in the order in which its checkpoint is to hold their weights.</remarks>
internal sealed class DecoderLayer(long width)
{
    public Norm? NormBeforeAttention { get; init; }

    public required GroupedQueryAttention Attention { get; init; }

    public Norm? NormAfterAttention { get; init; }

    public Norm? NormBeforeFeedForward { get; init; }

    public required IBlock FeedForward { get; init; }

    public Norm? NormAfterFeedForward { get; init; }

    /// <value>Granite's residual_multiplier. Default 1.</value>
    public double ResidualMultiplier { get; init; } = 1;

    /// <summary>x [B, T, D] → [B, T, D].</summary>
    public Tensor Forward(Tensor x_BTD, SequenceContext context)
    {
        var h_BTD = Add(x_BTD, NormBeforeAttention, Attention, NormAfterAttention, context);
        return Add(h_BTD, NormBeforeFeedForward, FeedForward, NormAfterFeedForward, context);
    }

    /// <summary>What it keeps for its backward pass, in sequences of so many tokens.</summary>
    public SavedNumbers Saved(long length)
    {
        // The layer's input, in any case; where it trains, also the inputs of both blocks' matrices.
        var saved = new SavedNumbers(width, NormBeforeAttention is null ? width : 2 * width, 0) + Attention.Saved(length) + FeedForward.Saved(length);
        if (NormBeforeAttention is not null) saved += NormBeforeAttention.Saved(width, inputIsKept: true);
        foreach (var norm in (Norm?[])[NormAfterAttention, NormBeforeFeedForward, NormAfterFeedForward])
            saved += norm?.Saved(width, inputIsKept: false) ?? default;
        return saved;
    }

    private Tensor Add(Tensor x_BTD, Norm? before, IBlock block, Norm? after, SequenceContext context)
    {
        var y_BTD = block.Forward(before?.Forward(x_BTD) ?? x_BTD, context);
        if (after is not null) y_BTD = after.Forward(y_BTD);
        return x_BTD.Plus(ResidualMultiplier == 1 ? y_BTD : y_BTD.Times(ResidualMultiplier));
    }
}
