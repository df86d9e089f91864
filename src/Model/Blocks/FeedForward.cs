// Shapes: B batch, T sequence, D model width, F feed-forward width.
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A feed-forward block without a gate: down(activation(up(x))).</summary>
/// <param name="up">[D] → [F].</param>
/// <param name="activation">What its outputs go through.</param>
/// <param name="down">[F] → [D].</param>
/// <param name="inner">F.</param>
internal sealed class FeedForward(Linear up, Activation activation, Linear down, long inner) : IBlock
{
    public Tensor Forward(Tensor x_BTD, SequenceContext context) => down.Forward(activation.Apply(up.Forward(x_BTD)));

    // The activation's input; where it trains, also its output.
    public SavedNumbers Saved(long length) => new(inner, inner, 0);
}
