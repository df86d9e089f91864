using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Where the tokens of a packed micro-batch stand. Owns both tensors.</summary>
/// <param name="Positions">int64 [B, T]: rotary positions, from 0 in each sample.</param>
/// <param name="Segments">int64 [B, T]: equal where tokens belong to one sample of the row.</param>
/// <param name="Longest">Tokens of the longest sample.</param>
public sealed record MicroBatchPositions(Tensor Positions, Tensor Segments, long Longest) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Positions.Dispose();
        Segments.Dispose();
    }
}
