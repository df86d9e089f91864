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

    /// <summary>Normalised [N, D] → [N, V], in float32. What is computed on the way is freed, unless autograd needs it.</summary>
    /// <param name="normalised_ND">What <see cref="Normalise"/> made.</param>
    /// <param name="tied">The embedding's matrix, where it is the head's.</param>
    public Tensor Logits(Tensor normalised_ND, Tensor? tied)
    {
        var logits_NV = Then(F.linear(normalised_ND, tied ?? matrix!.Value), static x => x.to(ScalarType.Float32));
        if (Scale != 1) logits_NV = Then(logits_NV, x => x.Times(Scale));
        if (Softcap is not { } cap) return logits_NV;
        return Then(Then(Then(logits_NV, x => x.Over(cap)), static x => x.tanh()), x => x.Times(cap));
    }

    private static Tensor Then(Tensor x, Func<Tensor, Tensor> next)
    {
        var y = next(x);
        if (!ReferenceEquals(x, y)) x.Dispose();
        return y;
    }
}
