using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The exact weights, in the compute dtype.</summary>
public sealed record WholeForm : IWeightForm
{
    /// <inheritdoc/>
    public long BytesOf(ParameterSpec parameter, ScalarType dtype) => checked(parameter.Count * dtype.ElementSize());
}
