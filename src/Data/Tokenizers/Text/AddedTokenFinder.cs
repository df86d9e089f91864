using System.Buffers;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>Finds added tokens in a text: from the left, and at each place the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly (string Text, AddedToken Token)[] _tokens;
    private readonly TextTrie _trie;
    private readonly SearchValues<char> _first;

    /// <param name="tokens">What to look for, and the token that it stands for; the first of equal texts counts.</param>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        _tokens = [.. tokens.Where(t => t.Text.Length > 0).DistinctBy(t => t.Text)];
        _first = SearchValues.Create([.. _tokens.Select(t => t.Text[0]).Distinct()]);
        _trie = new TextTrie([.. _tokens.Select((t, i) => (t.Text, i))]);
    }

    /// <summary>The parts of a text: added tokens, and what lies between (null).</summary>
    /// <param name="text">The text.</param>
    /// <param name="special">Whether special tokens are found too; if not, they are text.</param>
    public List<(AddedToken? Token, int Start, int End)> Split(string text, bool special)
    {
        var parts = new List<(AddedToken?, int, int)>();
        var done = 0;
        for (var at = 0; Next(text, ref at, out var token, out var end); at = end)
        {
            if ((!special && token.Special) || (token.SingleWord && !IsSingleWord(text, at, end))) continue;
            var start = token.StripsLeft ? Math.Max(done, text.AsSpan(0, at).TrimEnd().Length) : at;
            var stop = token.StripsRight ? text.Length - text.AsSpan(end).TrimStart().Length : end;
            if (start > done) parts.Add((null, done, start));
            parts.Add((token, start, stop));
            done = stop;
        }

        if (done < text.Length) parts.Add((null, done, text.Length));
        return parts;
    }

    private bool Next(string text, ref int at, out AddedToken token, out int end)
    {
        for (; at < text.Length; at++)
        {
            var first = text.AsSpan(at).IndexOfAny(_first);
            if (first < 0) break;
            at += first;
            if (_trie.Longest(text, at, out end) is not TextTrie.None and var found)
            {
                token = _tokens[found].Token;
                return true;
            }
        }

        (token, end) = (null!, at);
        return false;
    }

    private static bool IsSingleWord(string text, int start, int end)
    {
        Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var before, out _);
        Rune.DecodeFromUtf16(text.AsSpan(end), out var after, out _);
        return (start == 0 || !RuneKinds.IsWord(before)) && (end == text.Length || !RuneKinds.IsWord(after));
    }
}
