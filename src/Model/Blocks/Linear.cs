using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <summary>A linear map, with or without a bias. Its matrix is [output, input], or the other way round in a Conv1D of GPT-2.</summary>
internal sealed class Linear
{
    private readonly Weight _matrix;
    private readonly Weight? _bias;
    private readonly bool _transposed;
    private readonly LoraModule? _adapter;

    /// <summary>Asks for NAME.weight and, with a bias, NAME.bias.</summary>
    public Linear(WeightScope scope, string name, long input, long output, bool bias = false, bool transposed = false)
    {
        _transposed = transposed;
        _matrix = transposed ? scope.TransposedMatrix(name + ".weight", input, output) : scope.Matrix(name + ".weight", output, input);
        _bias = bias ? scope.Vector(name + ".bias", output) : null;
        _adapter = scope.Adapter(name, input, output, transposed);
    }

    /// <summary>x [..., input] → [..., output].</summary>
    public Tensor Forward(Tensor x)
    {
        var matrix = _transposed ? _matrix.Value.t() : _matrix.Value;
        var y = F.linear(x, matrix, _bias?.Value);
        return _adapter?.Forward(x, y, matrix, _bias?.Value) ?? y;
    }
}
