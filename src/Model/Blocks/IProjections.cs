using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Several linear maps of one input: matrices of their own, or the pieces of one matrix.</summary>
internal interface IProjections
{
    /// <summary>x [..., D] → one tensor [..., width] for each map.</summary>
    Tensor[] Forward(Tensor x);
}
