using System.Collections.Concurrent;

namespace LisaOrleans.Data;

/// <summary>Learned turns whose last token, white space aside, is none by which a model could end them.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="end">What ends a turn by the template.</param>
internal sealed class OpenTurns(ITokenizer tokenizer, EndOfTurn end)
{
    private readonly ConcurrentDictionary<int, bool> _special = new();

    /// <summary>How many there are.</summary>
    /// <param name="text">What the template has written.</param>
    /// <param name="tokens">The same in tokens.</param>
    /// <param name="turns">The learned turns, one after the other.</param>
    public int Count(string text, TokenizedText tokens, IReadOnlyList<LearnedSpan> turns)
    {
        // An end that the tokenizer has no token for is learned as text.
        if (end.Text is not null) return 0;
        var (open, token) = (0, 0);
        foreach (var (start, stop, _) in turns)
        {
            var last = start + text.AsSpan(start..stop).TrimEnd().Length - 1;
            if (last < start) continue;
            while (token < tokens.Ids.Length - 1 && tokens.Ends[token] <= last) token++;
            if (!Ends(tokens.Ids[token])) open++;
        }

        return open;
    }

    // Special tokens are left out of decoded text.
    private bool Ends(int id) =>
        id == tokenizer.EosTokenId || id == end.TokenId || _special.GetOrAdd(id, _ => tokenizer.Decode([id]).Length == 0);
}
