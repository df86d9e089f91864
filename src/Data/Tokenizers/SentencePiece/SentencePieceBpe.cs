using System.Buffers;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>A SentencePiece model of type BPE. Source: SentencePiece's bpe_model.</summary>
internal sealed class SentencePieceBpe : SentencePieceModel
{
    private const char Space = '▁';

    private readonly PairTable _merges;
    private readonly TextTrie? _frozen;
    private readonly int _pieces;

    // Ids of characters; those without a piece have ids after the pieces', since they may be parts of a piece.
    private readonly Dictionary<int, int> _characters = [];

    /// <param name="file">The model.</param>
    /// <param name="frozen">The pieces that the user defined: they are found first and merge with nothing.</param>
    public SentencePieceBpe(SentencePieceFile file, TextTrie? frozen)
        : base(file)
    {
        (_frozen, _pieces) = (frozen, file.Pieces.Count);
        (string Text, int Id)[] texts = [.. file.Pieces.Select((p, id) => (p.Text, id)).Where(p => file.Pieces[p.id].IsText)];
        var rank = Ranks(file);
        foreach (var rune in texts.SelectMany(t => t.Text.EnumerateRunes()))
            _characters.TryAdd(rune.Value, _pieces + _characters.Count);
        foreach (var (text, id) in texts) if (Single(text) is { } rune) _characters[rune] = id;

        var ids = texts.ToDictionary(t => t.Text, t => t.Id);
        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var merges = new List<(int Left, int Right, int Id)>();
        var joins = new HashSet<(char Left, char Right)>();
        MergeLists.CheckLengths(texts.Select(t => t.Text));
        foreach (var (text, id) in texts)
        {
            for (var at = 1; at < text.Length; at++)
            {
                if (Part(text.AsSpan(0, at)) is not { } left || Part(text.AsSpan(at)) is not { } right) continue;
                merges.Add((left, right, id));
                joins.Add((text[at - 1], text[at]));
            }
        }

        _merges = new PairTable(merges.Count);
        foreach (var (left, right, id) in merges) _merges.Set(left, right, rank[file.Pieces[id].Score], id);
        var hidden = file.Pieces.Any(p => p.Kind == SentencePieceKind.UserDefined && p.Text.LastIndexOf(Space) > 0);
        Cuts = hidden ? null : BpeCuts.Of(ids, joins, new BpeOptions());

        int? Part(ReadOnlySpan<char> text)
        {
            if (lookup.TryGetValue(text, out var id)) return id;
            return Single(text) is { } rune && _characters.TryGetValue(rune, out id) ? id : null;
        }
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

    // A text of one character; null for others.
    private static int? Single(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var rune, out var length) == OperationStatus.Done && length == text.Length
            ? rune.Value
            : null;

    // The place of each score among all, the highest first.
    private static Dictionary<float, int> Ranks(SentencePieceFile file) =>
        file.Pieces.Select(p => p.Score).Distinct().OrderDescending().Index().ToDictionary(s => s.Item, s => s.Index);
}
