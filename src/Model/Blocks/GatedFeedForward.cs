// Shapes: B batch, T sequence, D model width, F feed-forward width.
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A gated feed-forward block (Shazeer, arXiv 2002.05202): SwiGLU, GeGLU and the like.</summary>
internal sealed class GatedFeedForward : IBlock
{
    private readonly IProjections _gateAndUp;
    private readonly Linear _down;
    private readonly Activation _activation;
    private readonly long _inner;

    /// <summary>Asks for gate_proj, up_proj and down_proj, or gate_up_proj and down_proj.</summary>
    /// <param name="scope">Hugging Face's mlp.</param>
    /// <param name="width">D.</param>
    /// <param name="inner">F.</param>
    /// <param name="activation">What the gate goes through.</param>
    /// <param name="bias">Whether all maps have a bias.</param>
    /// <param name="fused">Whether gate and up are one matrix.</param>
    public GatedFeedForward(WeightScope scope, long width, long inner, Activation activation, bool bias = false, bool fused = false)
    {
        (_activation, _inner) = (activation, inner);
        _gateAndUp = fused
            ? new FusedProjections(new Linear(scope, "gate_up_proj", width, 2 * inner, bias), inner, inner)
            : new SeparateProjections(
                new Linear(scope, "gate_proj", width, inner, bias), new Linear(scope, "up_proj", width, inner, bias));
        _down = new Linear(scope, "down_proj", inner, width, bias);
    }

    /// <summary>With maps of the family's own.</summary>
    /// <param name="gateAndUp">Both [D] → [F].</param>
    /// <param name="down">[F] → [D].</param>
    /// <param name="inner">F.</param>
    /// <param name="activation">What the gate goes through.</param>
    public GatedFeedForward(IProjections gateAndUp, Linear down, long inner, Activation activation) =>
        (_gateAndUp, _down, _inner, _activation) = (gateAndUp, down, inner, activation);

    public Tensor Forward(Tensor x_BTD, SequenceContext context)
    {
        var maps_BTF = _gateAndUp.Forward(x_BTD);
        return _down.Forward(_activation.Apply(maps_BTF[0]) * maps_BTF[1]);
    }

    // The gate before and after the activation, and up; where it trains, also their product.
    public SavedNumbers Saved(long length) => new(3 * _inner, _inner, 0);
}
