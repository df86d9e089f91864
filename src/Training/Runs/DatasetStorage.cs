using System.Runtime.InteropServices;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>A tokenised data set as a safetensors blob: <c>ids</c> I32, <c>offsets</c> I64, <c>mask</c> U8.</summary>
public static class DatasetStorage
{
    internal const string Ids = "ids";
    internal const string Offsets = "offsets";
    internal const string Mask = "mask";

    // Numbers are checked and let go of piece by piece: the whole may be larger than memory.
    private const int Piece = 4 << 20;

    /// <summary>Its blob, already hashed; the data set must live as long as the blob.</summary>
    public static IBlobSource ToBlob(TokenizedDataset data) => new DatasetBlob(data);

    /// <summary>The data set of a blob, whose bytes stay where they are if the store is a folder.</summary>
    public static async Task<TokenizedDataset> Read(IBlobStore store, BlobRef blob, int vocabularySize, CancellationToken cancellationToken)
    {
        var reader = SafetensorsReader.FromBlob(await store.ReadAsync(blob, cancellationToken), blob.Sha256);
        try
        {
            var (ids, offsets, mask) = (Find(Ids, TensorDType.I32), Find(Offsets, TensorDType.I64), Find(Mask, TensorDType.U8));
            var trained = 0L;
            ForPieces(ids, sizeof(int), span => TokenizedDataset.CheckIds(MemoryMarshal.Cast<byte, int>(span), vocabularySize));
            ForPieces(mask, sizeof(byte), span => trained += span.Length - span.Count((byte)0));
            return TokenizedDataset.FromChecked(
                Memory<int>(ids), MemoryMarshal.Cast<byte, long>(reader.ReadBytes(offsets)).ToArray(), Memory<byte>(mask), trained, reader);
        }
        catch
        {
            reader.Dispose();
            throw;
        }

        TensorInfo Find(string name, TensorDType dtype) =>
            reader.Tensors.TryGetValue(name, out var tensor) && tensor.DType == dtype && tensor.Shape.Count == 1
                ? tensor
                : throw new InvalidDataFileException(blob.Sha256, $"a data set has a one-dimensional tensor '{name}' of {dtype}");

        ReadOnlyMemory<T> Memory<T>(TensorInfo tensor)
            where T : unmanaged => new MappedMemory<T>(reader.Pointer(tensor), checked((int)tensor.Shape[0])).Memory;

        unsafe void ForPieces(TensorInfo tensor, int size, Action<ReadOnlySpan<byte>> look)
        {
            for (long at = 0; at < tensor.Length; at += Piece * size)
            {
                var start = reader.Pointer(tensor) + (nint)at;
                var length = (int)Math.Min(Piece * size, tensor.Length - at);
                look(new ReadOnlySpan<byte>((void*)start, length));
                reader.ReleasePages(start, length);
            }
        }
    }
}
