namespace LisaOrleans.Data;

/// <summary>What SentencePiece's two kinds of models have in common: what becomes of text without a piece.</summary>
internal abstract class SentencePieceModel : TokenModel
{
    private readonly Dictionary<string, int> _vocabulary = [];
    private readonly int[]? _bytes;

    protected SentencePieceModel(SentencePieceFile file)
    {
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            var piece = file.Pieces[id];

            // A text may be a reserved piece and another one too; the reserved one is never found in a text.
            if (piece.IsText) _vocabulary[piece.Text] = id;
            else _vocabulary.TryAdd(piece.Text, id);
            if (piece.Kind == SentencePieceKind.Unknown) Unknown = id;
        }

        if (!file.ByteFallback) return;
        _bytes = new int[256];
        for (var id = 0; id < file.Pieces.Count; id++)
            if (file.Pieces[id].Kind == SentencePieceKind.Byte) _bytes[ByteFallback.Byte(file.Pieces[id].Text)!.Value] = id;
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    /// <summary>The id of text without a piece.</summary>
    protected int Unknown { get; }

    /// <summary>Adds what was found, with text that has no piece as bytes or as one unknown piece.</summary>
    protected void AddFound(ReadOnlySpan<char> piece, ReadOnlySpan<Token> found, int at, TokenBuffer tokens)
    {
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < found.Length; i++)
        {
            var (id, start, end) = found[i];
            if (id != Unknown)
            {
                tokens.Add(id, at + start, at + end);
            }
            else if (_bytes is not null)
            {
                foreach (var rune in piece[start..end].EnumerateRunes())
                    foreach (var b in utf8[..rune.EncodeToUtf8(utf8)]) tokens.Add(_bytes[b], at + start, at + end);
            }
            else
            {
                while (i + 1 < found.Length && found[i + 1].Id == Unknown) end = found[++i].End;
                tokens.Add(id, at + start, at + end);
            }
        }
    }
}
