using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Another form, whose weights rest in fewer bits than they are computed in: what that form does not pack is widened where packed weights
/// are unpacked, so that one layer at a time is there in the compute dtype.
/// </summary>
/// <param name="Inner">The form.</param>
internal sealed record WidenedForm(IWeightForm Inner) : IWeightForm
{
    /// <inheritdoc/>
    public bool IsMapped => Inner.IsMapped;

    /// <inheritdoc/>
    public bool Packs(ParameterSpec parameter) => true;

    /// <inheritdoc/>
    public long BytesOf(ParameterSpec parameter, ScalarType dtype) => Inner.BytesOf(parameter, dtype);

    /// <inheritdoc/>
    public IPackedWeight Pack(ParameterSpec parameter, Tensor exact) =>
        Inner.Packs(parameter) ? Inner.Pack(parameter, exact) : new WidenedWeight(exact);
}
