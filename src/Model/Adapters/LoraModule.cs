using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <summary>
/// The adapter of one linear map: y + scaling · B · A · x, and with DoRA the rows of W + scaling · B · A brought to lengths of
/// their own. As PEFT's lora.Linear computes it: parameters are float32, and products in the compute dtype.
/// </summary>
internal sealed class LoraModule(LoraTarget target, IReadOnlyDictionary<string, Parameter> parameters, LoraPass pass)
{
    /// <summary>The map's output with the adapter's.</summary>
    /// <param name="x">The map's input, [..., input].</param>
    /// <param name="y">The map's output, [..., output].</param>
    /// <param name="weight">The map's matrix, [output, input].</param>
    /// <param name="bias">Its bias; null for none.</param>
    public Tensor Forward(Tensor x, Tensor y, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var dropped = pass.Drops ? pass.Drop(x, target.Map.Name) : x;
        var a = parameters[target.A].Value;
        var b = parameters[target.B].Value;
        var update = F.linear(F.linear(dropped, a.to(x.dtype)), b.to(x.dtype)).Times(target.Scaling);
        if (!target.Dora) return y.Plus(update).MoveToOuterDisposeScope();

        // Lengths are constants of the backward pass, as the paper proposes (section 4.3).
        using var length = LoraWeights.Length(weight, a, b, target.Scaling);
        var scale = parameters[target.Magnitude].Value / length;
        var mapped = pass.Drops ? F.linear(dropped, weight) : bias is null ? y : y.Plus(bias.Times(-1));

        // In float32 until here: the difference is small, and 0 at the beginning.
        return y.Plus(mapped * scale.Plus(-1).to(x.dtype)).Plus(update * scale.to(x.dtype)).MoveToOuterDisposeScope();
    }
}
