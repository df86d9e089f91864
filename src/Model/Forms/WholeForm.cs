using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The exact weights, in the dtype that they rest in.</summary>
public sealed record WholeForm : IWeightForm
{
    /// <inheritdoc/>
    public long BytesOf(ParameterSpec parameter, ScalarType dtype) => checked(parameter.Count * dtype.ElementSize());
}
