// Shapes: N positions, V vocabulary, D model width.
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <summary>The final norm and the matrix that makes logits.</summary>
/// <param name="norm">The final norm.</param>
/// <param name="matrix">[V, D]; null where it is the embedding's.</param>
internal sealed class OutputHead(Norm norm, Weight? matrix)
{
    /// <value>What logits are multiplied by (Granite: 1 / logits_scaling). Default 1.</value>
    public double Scale { get; init; } = 1;

    /// <value>Logits l become c · tanh(l / c) (Gemma 2); null for no cap. Default null.</value>
    public double? Softcap { get; init; }

    /// <summary>hidden [N, D] → [N, D].</summary>
    public Tensor Normalise(Tensor hidden_ND) => norm.Forward(hidden_ND);

    /// <summary>Normalised [N, D] → [N, V], in float32.</summary>
    /// <param name="normalised_ND">What <see cref="Normalise"/> made.</param>
    /// <param name="tied">The embedding's matrix, where it is the head's.</param>
    public Tensor Logits(Tensor normalised_ND, Tensor? tied)
    {
        var logits_NV = F.linear(normalised_ND, tied ?? matrix!.Value).to(ScalarType.Float32);
        if (Scale != 1) logits_NV = logits_NV.Times(Scale);
        return Softcap is { } cap ? logits_NV.Over(cap).tanh().Times(cap) : logits_NV;
    }
}
