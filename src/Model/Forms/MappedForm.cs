using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The exact weights where the store's blob is mapped into memory: the system reads its pages, and may forget them again.</summary>
public sealed record MappedForm : IWeightForm
{
    /// <inheritdoc/>
    public bool IsMapped => true;

    /// <inheritdoc/>
    public long BytesOf(ParameterSpec parameter, ScalarType dtype) => 0;
}
