namespace LisaOrleans.Data;

/// <summary>Turns pieces of text into tokens; no token crosses a piece's border.</summary>
internal abstract class TokenModel
{
    /// <summary>Ids by text.</summary>
    public abstract IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <value>Where a piece may be cut without changing its tokens; null (default) where that is not known.</value>
    protected BpeCuts? Cuts { get; init; }

    /// <summary>Adds the tokens of a piece to the scratch's.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="scratch">What to work with.</param>
    /// <exception cref="InvalidDataException">It holds what the vocabulary cannot write.</exception>
    public void Encode(ReadOnlySpan<char> piece, int at, EncodingScratch scratch)
    {
        while (Cuts?.Next(piece) is { } cut && cut < piece.Length)
        {
            EncodeUncut(piece[..cut], at, scratch);
            piece = piece[cut..];
            at += cut;
        }

        EncodeUncut(piece, at, scratch);
    }

    /// <summary>As <see cref="Encode"/>, for a piece whose tokens are not cached.</summary>
    protected abstract void EncodeNew(ReadOnlySpan<char> piece, int at, EncodingScratch scratch);

    private void EncodeUncut(ReadOnlySpan<char> piece, int at, EncodingScratch scratch)
    {
        if (piece.Length > WordCache.LongestWord)
        {
            EncodeNew(piece, at, scratch);
            return;
        }

        var hash = WordCache.Hash(piece);
        if (scratch.Words.TryAdd(piece, hash, scratch.Tokens, at)) return;
        var first = scratch.Tokens.Count;
        EncodeNew(piece, at, scratch);
        scratch.Words.Keep(piece, hash, scratch.Tokens, first, at);
    }
}
