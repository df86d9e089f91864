using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A piece of a decoder layer between two points of the residual stream.</summary>
internal interface IBlock
{
    /// <summary>x [B, T, D] → [B, T, D].</summary>
    Tensor Forward(Tensor x_BTD, SequenceContext context);

    /// <summary>What it keeps for its backward pass, in sequences of so many tokens.</summary>
    SavedNumbers Saved(long length);
}
