using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Where the tokens of a packed micro-batch stand. Owns its tensor.</summary>
/// <param name="Positions">int64 [B, T]: rotary positions, from 0 in each sample.</param>
/// <param name="Samples">Lengths of the samples of each row, in their order; T in all.</param>
/// <param name="Longest">Tokens of the longest sample.</param>
public sealed record MicroBatchPositions(Tensor Positions, IReadOnlyList<long[]> Samples, long Longest) : IDisposable
{
    /// <summary>The positions of packed rows, which the caller owns; null where each row is one sample.</summary>
    /// <param name="positions">Rotary positions, [B, T] row-major; null where each row is one sample.</param>
    /// <param name="segments">
    /// Equal where neighbouring tokens belong to one sample of a row, [B, T] row-major; null where each row is one sample.
    /// </param>
    /// <param name="rows">B.</param>
    /// <param name="device">Where the tensor is to be.</param>
    public static MicroBatchPositions? Create(int[]? positions, int[]? segments, int rows, Device device)
    {
        if (positions is null || segments is null) return null;
        var length = positions.Length / rows;
        return new(
            tensor(Array.ConvertAll(positions, i => (long)i), rows, length, device: device),
            [.. segments.Chunk(length).Select(Lengths)], positions.Max() + 1L);
    }

    /// <inheritdoc/>
    public void Dispose() => Positions.Dispose();

    private static long[] Lengths(int[] row)
    {
        var lengths = new List<long>();
        for (var (start, i) = (0, 1); i <= row.Length; i++)
        {
            if (i < row.Length && row[i] == row[start]) continue;
            lengths.Add(i - start);
            start = i;
        }

        return [.. lengths];
    }
}
