using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// Byte-pair encoding: of GPT-2's kind, where tokens are made of bytes, or SentencePiece's, where they are of characters.
/// </summary>
internal sealed class BpeModel : TokenModel
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly PairTable _merges;
    private readonly BpeOptions _options;
    private readonly int[]? _byteLevel;
    private readonly int[]? _fallback;

    // Of characters up to U+FFFF, plus one; 0 for those without a token.
    private readonly int[] _characters = new int[1 << 16];

    /// <param name="vocabulary">
    /// Ids by token; with <paramref name="byteLevel"/> its bytes are written in <see cref="ByteAlphabet"/>.
    /// </param>
    /// <param name="merges">Pairs of ids to rank and new id.</param>
    /// <param name="options">The rest.</param>
    /// <param name="byteLevel">Whether the tokens are of the text's bytes; all 256 are in the vocabulary.</param>
    /// <param name="cuts">Where a piece may be cut without changing its tokens, if that is known.</param>
    public BpeModel(Dictionary<string, int> vocabulary, PairTable merges, BpeOptions options, bool byteLevel, BpeCuts? cuts)
    {
        (_vocabulary, _merges, _options, Cuts) = (vocabulary, merges, options, cuts);
        _lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (token, id) in vocabulary) if (token.Length == 1) _characters[token[0]] = id + 1;
        if (byteLevel) _byteLevel = [.. Enumerable.Range(0, 256).Select(b => _characters[ByteAlphabet.Character((byte)b)] - 1)];
        if (!options.ByteFallback) return;
        _fallback = [.. Enumerable.Range(0, 256).Select(b => vocabulary.GetValueOrDefault($"<0x{b:X2}>", -1))];
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    protected override void EncodeNew(ReadOnlySpan<char> piece, int at, EncodingScratch scratch)
    {
        if (_options.WholeFirst && Whole(piece) is { } whole)
        {
            scratch.Tokens.Add(whole, at, at + piece.Length);
            return;
        }

        scratch.Symbols.Clear();
        if (_byteLevel is not null) AddBytes(piece, scratch.Symbols);
        else AddCharacters(piece, scratch.Symbols);
        scratch.Symbols.Merge(_merges, scratch.Tokens, at);
    }

    private int? Whole(ReadOnlySpan<char> piece)
    {
        int id;
        if (_byteLevel is null) return _lookup.TryGetValue(piece, out id) ? id : null;
        Span<char> characters = stackalloc char[256];
        var bytes = Encoding.UTF8.GetByteCount(piece);
        if (bytes > characters.Length) characters = new char[bytes];
        ByteAlphabet.Write(piece, characters);
        return _lookup.TryGetValue(characters[..bytes], out id) ? id : null;
    }

    private void AddBytes(ReadOnlySpan<char> piece, BpeSymbols symbols)
    {
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < piece.Length;)
        {
            if (piece[i] < 0x80)
            {
                symbols.Add(_byteLevel![piece[i]], i, ++i);
                continue;
            }

            Rune.DecodeFromUtf16(piece[i..], out var rune, out var length);
            foreach (var b in utf8[..rune.EncodeToUtf8(utf8)]) symbols.Add(_byteLevel![b], i, i + length);
            i += length;
        }
    }

    private void AddCharacters(ReadOnlySpan<char> piece, BpeSymbols symbols)
    {
        var (unknownStart, unknownEnd) = (-1, -1);
        for (var i = 0; i < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[i..], out var rune, out var length);
            var prefix = i == 0 ? "" : _options.Prefix;
            var suffix = i + length == piece.Length ? _options.Suffix : "";
            if (Find(prefix, rune, suffix) is >= 0 and var id)
            {
                AddUnknown();
                symbols.Add(id, i, i + length);
            }
            else if (_fallback is null || !AddFallback(prefix + rune.ToString() + suffix, i, i + length, symbols))
            {
                if (_options.Unknown is null)
                    throw new InvalidDataException($"has no token for U+{rune.Value:X4} and no unk_token");
                if (!_options.FuseUnknown) AddUnknown();
                (unknownStart, unknownEnd) = (unknownStart < 0 ? i : unknownStart, i + length);
            }

            i += length;
        }

        AddUnknown();

        void AddUnknown()
        {
            if (unknownStart >= 0) symbols.Add(_options.Unknown!.Value, unknownStart, unknownEnd);
            unknownStart = -1;
        }
    }

    private int Find(string prefix, Rune rune, string suffix)
    {
        if (prefix.Length + suffix.Length > 0) return _vocabulary.GetValueOrDefault(prefix + rune.ToString() + suffix, -1);
        return rune.IsBmp ? _characters[rune.Value] - 1 : _vocabulary.GetValueOrDefault(rune.ToString(), -1);
    }

    private bool AddFallback(string text, int start, int end, BpeSymbols symbols)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        if (!Array.TrueForAll(utf8, b => _fallback![b] >= 0)) return false;
        foreach (var b in utf8) symbols.Add(_fallback![b], start, end);
        return true;
    }
}
