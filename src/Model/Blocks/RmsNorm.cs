using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Root-mean-square norm (Zhang and Sennrich, arXiv 1910.07467), computed in float32.</summary>
internal sealed class RmsNorm : Norm
{
    private readonly Weight _weight;
    private readonly double _epsilon;
    private readonly bool _aroundOne;

    /// <summary>Asks for NAME.weight.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="name">The norm's name.</param>
    /// <param name="width">Its width.</param>
    /// <param name="epsilon">Added to the mean of squares.</param>
    /// <param name="aroundOne">Gemma's form: the factor is 1 + weight, in float32.</param>
    public RmsNorm(WeightScope scope, string name, long width, double epsilon, bool aroundOne = false) =>
        (_weight, _epsilon, _aroundOne) = (scope.Vector(name + ".weight", width), epsilon, aroundOne);

    public override Tensor Forward(Tensor x) => _aroundOne
        ? Kernels.RmsNorm(x.to(ScalarType.Float32), _weight.Value.to(ScalarType.Float32).Plus(1), _epsilon).to(x.dtype)
        : Kernels.RmsNorm(x, _weight.Value, _epsilon);

    // Its input in float32; where it trains, also what its weight multiplies.
    public override SavedNumbers Saved(long numbers, bool inputIsKept) =>
        new(0, 0, inputIsKept ? 0 : numbers, numbers, inputIsKept ? numbers : 0);
}
