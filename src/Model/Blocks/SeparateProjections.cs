using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Each map has a matrix of its own (Llama's q_proj, k_proj and v_proj).</summary>
internal sealed class SeparateProjections(params Linear[] maps) : IProjections
{
    public Tensor[] Forward(Tensor x) => [.. maps.Select(m => m.Forward(x))];
}
