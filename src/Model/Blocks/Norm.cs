using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A norm over the last dimension.</summary>
internal abstract class Norm
{
    /// <summary>x [..., width] → [..., width].</summary>
    public abstract Tensor Forward(Tensor x);

    /// <summary>What it keeps for its backward pass; its output is kept by whoever needs it.</summary>
    /// <param name="numbers">Numbers of a token that go through it.</param>
    /// <param name="inputIsKept">Whether its input is kept by others, too.</param>
    public abstract SavedNumbers Saved(long numbers, bool inputIsKept);
}
