using System.Collections.Concurrent;

namespace LisaOrleans.Data;

/// <summary>
/// What one call of a tokenizer works with; calls at the same time have one each, and the next ones take them over.
/// </summary>
internal sealed class EncodingScratch
{
    // One that has grown with a text of many megabytes is let go.
    private const int MostTokens = 1 << 20;
    private static readonly int s_most = Environment.ProcessorCount * 2;

    public TokenBuffer Tokens { get; } = new();

    public WordCache Words { get; } = new();

    /// <summary>Tokens of a piece before something is done to them.</summary>
    public TokenBuffer Merged { get; } = new();

    public PieceList Pieces { get; } = new();

    public BpeSymbols Symbols { get; } = new();

    public UnigramPaths Best { get; } = new();

    /// <summary>Keeps what calls have done with.</summary>
    public sealed class Pool
    {
        private readonly ConcurrentBag<EncodingScratch> _free = [];

        public EncodingScratch Rent()
        {
            var scratch = _free.TryTake(out var free) ? free : new EncodingScratch();
            scratch.Tokens.Clear();
            return scratch;
        }

        public void Return(EncodingScratch scratch)
        {
            var isSmall = scratch.Tokens.Capacity <= MostTokens && scratch.Merged.Capacity <= MostTokens;
            if (isSmall && _free.Count < s_most) _free.Add(scratch);
        }
    }
}
