using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

internal static class PackedPositions
{
    /// <summary>Tensors of a packed micro-batch's positions, which the caller owns; null if each row is one sample.</summary>
    public static MicroBatchPositions? Create(MicroBatch data, Device device) =>
        data.PositionIds is null || data.SegmentIds is null
            ? null
            : new MicroBatchPositions(
                Tensor(data.PositionIds, data, device), Tensor(data.SegmentIds, data, device), data.PositionIds.Max() + 1L);

    private static Tensor Tensor(int[] values, MicroBatch data, Device device) =>
        tensor(Array.ConvertAll(values, i => (long)i), data.BatchSize, data.SequenceLength, device: device);
}
