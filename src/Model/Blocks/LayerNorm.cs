using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <summary>Layer norm with weight and bias (Ba et al., arXiv 1607.06450).</summary>
internal sealed class LayerNorm : Norm
{
    private readonly Weight _weight;
    private readonly Weight _bias;
    private readonly double _epsilon;

    /// <summary>Asks for NAME.weight and NAME.bias.</summary>
    public LayerNorm(WeightScope scope, string name, long width, double epsilon) =>
        (_weight, _bias, _epsilon) = (scope.Vector(name + ".weight", width), scope.Vector(name + ".bias", width), epsilon);

    public override Tensor Forward(Tensor x) => F.layer_norm(x, [x.shape[^1]], _weight.Value, _bias.Value, _epsilon);

    // Its input.
    public override SavedNumbers Saved(long numbers, bool inputIsKept) => new(inputIsKept ? 0 : numbers, 0, 0);
}
