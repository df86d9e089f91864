namespace LisaOrleans.Data;

/// <summary>The longest token that a word begins with, then that of the rest, as BERT has it.</summary>
internal sealed class WordPieceModel : TokenModel
{
    // A word takes time that grows with the square of its length.
    private const int LongestWord = 1000;

    private readonly Dictionary<string, int> _vocabulary;
    private readonly string _prefix;
    private readonly int _unknown;
    private readonly int _longestWord;
    private readonly int _longestToken;

    private WordPieceModel(JsonField model)
    {
        _vocabulary = BpeReader.Vocabulary(model.Required("vocab"));
        _prefix = model.Optional("continuing_subword_prefix")?.Text() ?? "##";
        var longest = model.Optional("max_input_chars_per_word");
        _longestWord = longest?.Id() ?? 100;
        if (_longestWord > LongestWord) throw longest!.Wrong($"must be at most {LongestWord}");
        _longestToken = _vocabulary.Keys.Select(t => t.Length).DefaultIfEmpty().Max();
        var name = model.Required("unk_token");
        _unknown = _vocabulary.TryGetValue(name.Text(), out var id) ? id : throw name.Wrong("is not in model.vocab");
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    public static WordPieceModel Read(JsonField model) => new(model);

    protected override void EncodeNew(ReadOnlySpan<char> piece, int at, EncodingScratch scratch)
    {
        var first = scratch.Tokens.Count;
        var characters = 0;
        foreach (var _ in piece.EnumerateRunes()) characters++;
        for (var start = 0; start < piece.Length && characters <= _longestWord;)
        {
            var end = Longest(piece, start, out var id);
            if (end == start) break;
            scratch.Tokens.Add(id, at + start, at + end);
            if (end == piece.Length) return;
            start = end;
        }

        // A word that lacks a token anywhere is unknown as a whole.
        scratch.Tokens.Cut(first);
        scratch.Tokens.Add(_unknown, at, at + piece.Length);
    }

    private int Longest(ReadOnlySpan<char> piece, int start, out int id)
    {
        var prefix = start > 0 ? _prefix : "";
        for (var end = Math.Min(piece.Length, start + _longestToken); end > start; end--)
        {
            if (end < piece.Length && char.IsLowSurrogate(piece[end])) continue;
            if (_vocabulary.TryGetValue($"{prefix}{piece[start..end]}", out id)) return end;
        }

        id = _unknown;
        return start;
    }
}
