using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>A weight of 8 bits that has no scale. It is read as bfloat16, which holds each of its values.</summary>
internal sealed class Float8Weight(FolderTensor stored) : StoredWeight
{
    public override IReadOnlyList<FolderTensor> Tensors => [stored];

    public override unsafe Tensor Read()
    {
        ushort[] values = [.. Float8.Values(stored.Info.DType).Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))];
        var tensor = empty([.. stored.Info.Shape], ScalarType.BFloat16).DetachFromDisposeScope();
        var from = (byte*)stored.Address;
        var to = (ushort*)TensorMemory.Address(tensor);
        for (var i = 0L; i < stored.Info.Length; i++) to[i] = values[from[i]];
        return tensor;
    }
}
