namespace LisaOrleans.Data;

/// <summary>A sample's tokens as text again, for people to look at.</summary>
public static class SampleText
{
    /// <summary>Consecutive pieces, each learned or not; begin and end tokens that have no text are shown as ⟨bos⟩ and ⟨eos⟩.</summary>
    /// <param name="tokenizer">The one that made the ids.</param>
    /// <param name="ids">Token ids.</param>
    /// <param name="mask">1 for each token that is learned.</param>
    public static IEnumerable<(string Text, bool Learned)> Pieces(ITokenizer tokenizer, ReadOnlyMemory<int> ids, ReadOnlyMemory<byte> mask)
    {
        var written = "";
        for (var start = 0; start < ids.Length;)
        {
            var (first, learned) = (ids.Span[start], mask.Span[start] != 0);
            var mark = first == tokenizer.BosTokenId ? "⟨bos⟩" : first == tokenizer.EosTokenId ? "⟨eos⟩" : null;
            var end = start + 1;
            while (mark is null && end < ids.Length && mask.Span[end] != 0 == learned
                && ids.Span[end] != tokenizer.BosTokenId && ids.Span[end] != tokenizer.EosTokenId)
                end++;

            // The text before decides on the spaces at the beginning of what follows.
            var text = tokenizer.Decode(ids[..end].ToArray());
            var piece = text.Length >= written.Length ? text[written.Length..] : "";
            yield return (piece.Length > 0 || mark is null ? piece : mark, learned);
            (written, start) = (text, end);
        }
    }
}
