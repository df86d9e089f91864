using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A norm over the last dimension.</summary>
internal abstract class Norm(long width)
{
    /// <summary>x [..., width] → [..., width].</summary>
    public abstract Tensor Forward(Tensor x);

    /// <summary>Its input and what it makes of it, in float32; where it trains, also its output, the next matrix's input.</summary>
    public SavedNumbers Saved => new(0, width, 2 * width);
}
