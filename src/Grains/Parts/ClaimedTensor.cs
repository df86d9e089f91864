using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>Owns a claimed tensor until a part takes it over; frees it where that never happens.</summary>
internal sealed class ClaimedTensor(Tensor tensor) : IDisposable
{
    private Tensor? _tensor = tensor;

    /// <summary>The tensor, which the caller owns from now on.</summary>
    public Tensor HandOn()
    {
        var tensor = _tensor ?? throw new InvalidOperationException("the tensor was handed on before");
        _tensor = null;
        return tensor;
    }

    public void Dispose()
    {
        _tensor?.Dispose();
        _tensor = null;
    }
}
