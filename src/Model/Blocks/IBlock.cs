using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A piece of a decoder layer between two points of the residual stream.</summary>
internal interface IBlock
{
    /// <summary>How many of its weights a token does not pass through: those of the experts that it is not sent to.</summary>
    long UnusedWeights => 0;

    /// <summary>x [B, T, D] → [B, T, D].</summary>
    Tensor Forward(Tensor x_BTD, SequenceContext context);

    /// <summary>What it keeps for its backward pass, in sequences of so many tokens.</summary>
    SavedNumbers Saved(long length);
}
