namespace LisaOrleans.Data;

/// <summary>
/// Where a text that is one piece, as in SentencePiece-like tokenizers, can be cut all the same: before a "▁" that no merge
/// joins to the character before it. Both sides then merge as if they stood alone, and short ones can be remembered.
/// </summary>
internal sealed class BpeCuts
{
    private const char Space = '▁';

    // Characters that a merge may join to a space after them.
    private readonly HashSet<char> _joined;

    private BpeCuts(HashSet<char> joined) => _joined = joined;

    /// <summary>The cuts that merges leave; null where there are none to rely on.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="joins">The last character of the left token and the first one of the right, of each merge.</param>
    /// <param name="options">The model's other options.</param>
    public static BpeCuts? Of(
        IReadOnlyDictionary<string, int> vocabulary, IEnumerable<(char Left, char Right)> joins, BpeOptions options)
    {
        // A space without a token of its own fuses with other unknown characters; a whole piece that is a token may hold spaces.
        var whole = options.WholeFirst || options.Prefix.Length + options.Suffix.Length > 0;
        return whole || !vocabulary.ContainsKey($"{Space}")
            ? null
            : new BpeCuts([.. joins.Where(j => j.Right == Space).Select(j => j.Left)]);
    }

    /// <summary>The first cut of a text; its length where there is none.</summary>
    public int Next(ReadOnlySpan<char> text)
    {
        for (var at = 1; at < text.Length; at++)
        {
            var space = text[at..].IndexOf(Space);
            if (space < 0) break;
            at += space;
            if (!_joined.Contains(text[at - 1])) return at;
        }

        return text.Length;
    }
}
