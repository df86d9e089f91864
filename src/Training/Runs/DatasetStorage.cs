using System.Runtime.InteropServices;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>A tokenised data set as a safetensors blob: <c>ids</c> I32, <c>offsets</c> I64, <c>mask</c> U8.</summary>
public static class DatasetStorage
{
    /// <summary>Its blob, already hashed. The arrays stay pinned until it is disposed.</summary>
    public static PinnedDataset ToBlob(TokenizedDataset data) => new(data);

    public static async Task<TokenizedDataset> Read(IBlobStore store, BlobRef blob, int vocabularySize, CancellationToken cancellationToken)
    {
        using var reader = SafetensorsReader.FromBlob(await store.ReadAsync(blob, cancellationToken), blob.Sha256);
        var ids = MemoryMarshal.Cast<byte, int>(Bytes("ids", TensorDType.I32)).ToArray();
        var offsets = MemoryMarshal.Cast<byte, long>(Bytes("offsets", TensorDType.I64)).ToArray();
        return TokenizedDataset.FromArrays(ids, offsets, Bytes("mask", TensorDType.U8), vocabularySize);

        byte[] Bytes(string name, TensorDType dtype) =>
            reader.Tensors.TryGetValue(name, out var tensor) && tensor.DType == dtype && tensor.Shape.Count == 1
                ? reader.ReadBytes(tensor)
                : throw new InvalidDataFileException(blob.Sha256, $"a data set has a one-dimensional tensor '{name}' of {dtype}");
    }

    public sealed class PinnedDataset : IDisposable
    {
        private readonly GCHandle _ids;
        private readonly GCHandle _offsets;
        private readonly GCHandle _mask;

        public PinnedDataset(TokenizedDataset data)
        {
            _ids = GCHandle.Alloc(data.Ids, GCHandleType.Pinned);
            _offsets = GCHandle.Alloc(data.Offsets, GCHandleType.Pinned);
            _mask = GCHandle.Alloc(data.Mask, GCHandleType.Pinned);
            Blob = SafetensorsWriter.Create(
            [
                new TensorSource("ids", TensorDType.I32, [data.Ids.Length], _ids.AddrOfPinnedObject()),
                new TensorSource("offsets", TensorDType.I64, [data.Offsets.Length], _offsets.AddrOfPinnedObject()),
                new TensorSource("mask", TensorDType.U8, [data.Mask.Length], _mask.AddrOfPinnedObject()),
            ]);
        }

        public SafetensorsBlob Blob { get; }

        public void Dispose()
        {
            _ids.Free();
            _offsets.Free();
            _mask.Free();
        }
    }
}
