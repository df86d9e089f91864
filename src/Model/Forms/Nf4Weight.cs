using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A weight of <see cref="Nf4Form"/>.</summary>
/// <param name="count">Numbers in it.</param>
/// <param name="codes">uint8: two numbers in each, the first in the upper four bits.</param>
/// <param name="scales">The largest magnitude of each block, less the offset.</param>
/// <param name="offset">The mean of these magnitudes.</param>
internal sealed class Nf4Weight(long count, Tensor codes, DynamicQuantization.Quantized scales, float offset) : IPackedWeight
{
    public long Bytes => codes.numel() + scales.Codes.numel() + (scales.Largest.numel() * scales.Largest.element_size());

    public void Unpack(Tensor target)
    {
        if (UnpackKernels.Supports(target))
        {
            UnpackKernels.Nf4(count, codes, scales, offset, target);
            return;
        }

        using var mode = no_grad();
        using var scope = NewDisposeScope();
        TensorMemory.Overwrite(target, Numbers());
    }

    /// <summary>The numbers that it stands for, before they are rounded: float32 [N].</summary>
    internal Tensor Numbers()
    {
        var values = tensor(Nf4Form.Table.ToArray(), device: codes.device);
        return Kernels.Dequantize(Kernels.UnpackHalfBytes(codes, count), scales.Read().Plus(offset), values, Nf4Form.BlockSize);
    }

    public void Dispose()
    {
        codes.Dispose();
        scales.Codes.Dispose();
        scales.Largest.Dispose();
    }
}
