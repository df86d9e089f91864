using System.Runtime.InteropServices;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>
/// A tokenised data set as a safetensors blob: <c>ids</c> I32, <c>offsets</c> I64, <c>mask</c> U8. Where tokens count by weights, these
/// stand in place of the mask, <c>weights</c> F32; builds that do not know them miss the mask and refuse the blob.
/// </summary>
public static class DatasetStorage
{
    internal const string Ids = "ids";
    internal const string Offsets = "offsets";
    internal const string Mask = "mask";
    internal const string Weights = "weights";

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
            var (ids, offsets) = (Find(Ids, TensorDType.I32), Find(Offsets, TensorDType.I64));
            var isWeighted = reader.Tensors.ContainsKey(Weights);
            var learned = isWeighted ? Find(Weights, TensorDType.F32) : Find(Mask, TensorDType.U8);
            var (trained, figures) = (0L, default(WeightFigures));
            ForPieces(ids, sizeof(int), span => TokenizedDataset.CheckIds(MemoryMarshal.Cast<byte, int>(span), vocabularySize));
            if (isWeighted) ForPieces(learned, sizeof(float), span => CountWeights(MemoryMarshal.Cast<byte, float>(span)));
            else ForPieces(learned, sizeof(byte), span => trained += span.Length - span.Count((byte)0));
            return TokenizedDataset.FromChecked(
                Memory<int>(ids), MemoryMarshal.Cast<byte, long>(reader.ReadBytes(offsets)).ToArray(),
                isWeighted ? default : Memory<byte>(learned), isWeighted ? Memory<float>(learned) : default,
                new DatasetStatistics { TrainedTokens = trained, Weights = figures.Tokens > 0 ? figures : null }, reader);

            void CountWeights(ReadOnlySpan<float> weights)
            {
                TokenizedDataset.CheckWeights(weights);
                trained += weights.Length - weights.Count(0f);
                figures = figures.With(weights);
            }
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
