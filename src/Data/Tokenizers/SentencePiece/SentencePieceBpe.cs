using System.Text;

namespace LisaOrleans.Data;

/// <summary>A SentencePiece model of type BPE. Source: SentencePiece's bpe_model.</summary>
internal sealed class SentencePieceBpe : SentencePieceModel
{
    private const char Space = '▁';

    private readonly PairTable _merges;
    private readonly TextTrie? _frozen;
    private readonly BpeCuts? _cuts;
    private readonly int _pieces;

    // Ids of characters; those without a piece have ids behind the pieces', since they may be parts of one.
    private readonly Dictionary<int, int> _characters = [];

    /// <param name="file">The model.</param>
    /// <param name="frozen">The pieces that the user defined: they are found first and merge with nothing.</param>
    public SentencePieceBpe(SentencePieceFile file, TextTrie? frozen)
        : base(file)
    {
        (_frozen, _pieces) = (frozen, file.Pieces.Count);
        (string Text, int Id, float Score)[] texts = [.. file.Pieces.Select((p, id) => (p.Text, id, p.Score)).Where(p => file.Pieces[p.id].IsText)];
        foreach (var rune in texts.SelectMany(t => t.Text.EnumerateRunes())) _characters.TryAdd(rune.Value, _pieces + _characters.Count);
        foreach (var (text, id, _) in texts) if (Rune.GetRuneAt(text, 0) is var rune && rune.Utf16SequenceLength == text.Length) _characters[rune.Value] = id;

        var ids = texts.ToDictionary(t => t.Text, t => t.Id);
        var merges = texts.SelectMany(t => Halves(t.Text).Select(h => (h.Left, h.Right, t.Id, t.Score))).ToList();
        _merges = new PairTable(merges.Count);
        int[] ranks = Ranks([.. merges.Select(m => m.Score)]);
        for (var i = 0; i < merges.Count; i++)
            if (Part(merges[i].Left) is { } left && Part(merges[i].Right) is { } right) _merges.Set(left, right, ranks[i], merges[i].Id);

        var hidden = file.Pieces.Any(p => p.Kind == SentencePieceKind.UserDefined && p.Text.LastIndexOf(Space) > 0);
        if (!hidden && ids.ContainsKey($"{Space}")) _cuts = BpeCuts.Of(ids, merges.Select(m => (m.Left, m.Right)), new BpeOptions());

        int? Part(string text) => ids.TryGetValue(text, out var id) ? id : _characters.TryGetValue(Single(text), out id) ? id : null;
    }

    public override void Encode(ReadOnlySpan<char> piece, int at, EncodingScratch scratch)
    {
        while (_cuts?.Next(piece) is { } cut && cut < piece.Length)
        {
            base.Encode(piece[..cut], at, scratch);
            piece = piece[cut..];
            at += cut;
        }

        base.Encode(piece, at, scratch);
    }

    protected override void EncodeNew(ReadOnlySpan<char> piece, int at, EncodingScratch scratch)
    {
        scratch.Symbols.Clear();
        for (var i = 0; i < piece.Length;)
        {
            if (_frozen is not null && _frozen.Longest(piece, i, out var end) is not TextTrie.None and var id)
            {
                scratch.Symbols.Add(BpeSymbols.Frozen(id), i, end);
                i = end;
                continue;
            }

            Rune.DecodeFromUtf16(piece[i..], out var rune, out var length);
            scratch.Symbols.Add(_characters.TryGetValue(rune.Value, out id) ? id : BpeSymbols.Frozen(Unknown), i, i + length);
            i += length;
        }

        scratch.Merged.Clear();
        scratch.Symbols.Merge(_merges, scratch.Merged, 0);
        var found = new Token[scratch.Merged.Count];
        for (var i = 0; i < found.Length; i++)
        {
            var id = scratch.Merged.Ids[i];
            found[i] = new Token(id < _pieces ? id : Unknown, scratch.Merged.Starts[i], scratch.Merged.Ends[i]);
        }

        AddFound(piece, found, at, scratch.Tokens);
    }

    private static IEnumerable<(string Left, string Right)> Halves(string text) =>
        Enumerable.Range(1, text.Length - 1).Where(at => !char.IsLowSurrogate(text[at])).Select(at => (text[..at], text[at..]));

    private static int Single(string text) => Rune.GetRuneAt(text, 0) is var rune && rune.Utf16SequenceLength == text.Length ? rune.Value : -1;

    // The place of each score among all, the highest first; equal ones share it.
    private static int[] Ranks(float[] scores)
    {
        var order = scores.Distinct().OrderDescending().Select((score, rank) => (score, rank)).ToDictionary(p => p.score, p => p.rank);
        return [.. scores.Select(s => order[s])];
    }
}
