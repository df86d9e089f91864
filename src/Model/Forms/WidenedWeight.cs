using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A weight of <see cref="WidenedForm"/> that rests as it is. It owns nothing.</summary>
/// <param name="exact">The weight, which must live as long as this.</param>
internal sealed class WidenedWeight(Tensor exact) : IPackedWeight
{
    public long Bytes => 0;

    public bool ReplacesExact => false;

    public void Unpack(Tensor target) => TensorMemory.Overwrite(target, exact);

    public void Dispose()
    {
    }
}
