using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A weight of <see cref="Int8Form"/>.</summary>
/// <param name="shape">Its matrices.</param>
/// <param name="codes">int8 [matrices, rows, columns].</param>
/// <param name="scales">float32 [matrices, rows, 1], or [matrices, 1, columns] where columns are outputs.</param>
internal sealed class Int8Weight(PackedMatrix shape, Tensor codes, Tensor scales) : IPackedWeight
{
    public long Bytes => codes.numel() + (scales.numel() * scales.element_size());

    public void Unpack(Tensor target)
    {
        if (UnpackKernels.Supports(target))
        {
            UnpackKernels.Int8(shape, codes, scales, target);
            return;
        }

        using var mode = no_grad();
        using var scope = NewDisposeScope();
        TensorMemory.Overwrite(target, Numbers());
    }

    /// <summary>The numbers that it stands for, before they are rounded: float32 [matrices, rows, columns].</summary>
    internal Tensor Numbers() => codes.to(ScalarType.Float32).mul(scales);

    public void Dispose()
    {
        codes.Dispose();
        scales.Dispose();
    }
}
