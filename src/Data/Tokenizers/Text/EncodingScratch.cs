using System.Collections.Concurrent;

namespace LisaOrleans.Data;

/// <summary>What one call of a tokenizer works with; concurrent calls have one each, and later calls reuse them.</summary>
internal sealed class EncodingScratch
{
    // One that has grown with a text of many megabytes is dropped.
    private const int MostTokens = 1 << 20;
    private static readonly int s_most = Environment.ProcessorCount * 2;

    public TokenBuffer Tokens { get; } = new();

    public WordCache Words { get; } = new();

    /// <summary>Tokens of a piece before something is done to them.</summary>
    public TokenBuffer Merged { get; } = new();

    public PieceList Pieces { get; } = new();

    public BpeSymbols Symbols { get; } = new();

    public UnigramPaths Best { get; } = new();

    /// <summary>Keeps those that calls have finished with.</summary>
    public sealed class Pool
    {
        // A thread gets back what it returned, which is still in its core's cache.
        private readonly ConcurrentBag<EncodingScratch> _free = [];

        // The bag's own count stops all threads that use it.
        private int _count;

        public EncodingScratch Rent()
        {
            if (!_free.TryTake(out var scratch)) return new EncodingScratch();
            Interlocked.Decrement(ref _count);
            scratch.Tokens.Clear();
            return scratch;
        }

        public void Return(EncodingScratch scratch)
        {
            var isSmall = scratch.Tokens.Capacity <= MostTokens && scratch.Merged.Capacity <= MostTokens;
            if (!isSmall || Volatile.Read(ref _count) >= s_most) return;
            Interlocked.Increment(ref _count);
            _free.Add(scratch);
        }
    }
}
