namespace LisaOrleans.Data;

/// <summary>
/// Byte-pair encoding as tokenizer.json describes it. Microsoft.ML.Tokenizers' own has neither ignore_merges, which Llama 3
/// needs, nor byte_fallback, which Llama 2 needs.
/// </summary>
internal sealed class BpeModel
{
    private readonly Dictionary<string, int> _vocabulary = [];
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges = [];
    private readonly int[]? _bytes;
    private readonly int? _unknown;
    private readonly bool _fuseUnknown;
    private readonly bool _wholeFirst;

    /// <summary>Reads the field "model".</summary>
    public BpeModel(JsonField model)
    {
        if (model.Optional("type") is { } type && type.Text() is not "BPE" and var kind) throw type.Unsupported(kind, "BPE");
        if (model.Optional("dropout") is { } dropout && !dropout.IsZero()) throw dropout.Wrong("is not supported; it must be null or 0");
        foreach (var name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
            if (model.Optional(name) is { } affix && affix.Text().Length > 0) throw affix.Wrong("is not supported; it must be null or empty");

        var ids = new HashSet<int>();
        foreach (var (token, id) in model.Required("vocab").Members())
        {
            _vocabulary[token] = id.Id();
            if (!ids.Add(id.Id())) throw id.Wrong($"is {id.Id()}, which another token has too");
        }

        ReadMerges(model.Required("merges"));
        if (model.Optional("unk_token") is { } unknown)
            _unknown = _vocabulary.TryGetValue(unknown.Text(), out var id) ? id : throw unknown.Wrong("is not in model.vocab");
        _fuseUnknown = model.Optional("fuse_unk")?.Flag() ?? false;
        _wholeFirst = model.Optional("ignore_merges")?.Flag() ?? false;
        if (model.Optional("byte_fallback") is { } fallback && fallback.Flag())
            _bytes = [.. Enumerable.Range(0, 256).Select(b => _vocabulary.TryGetValue($"<0x{b:X2}>", out var id) ? id : throw fallback.Wrong($"is true, but model.vocab lacks <0x{b:X2}>"))];
    }

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    /// <summary>Adds the ids of a piece that no merge crosses the border of.</summary>
    /// <exception cref="InvalidDataException">It holds what the vocabulary cannot write.</exception>
    public void Encode(string piece, List<int> ids)
    {
        if (_wholeFirst && _vocabulary.TryGetValue(piece, out var whole))
        {
            ids.Add(whole);
            return;
        }

        new Word(Characters(piece)).Merge(_merges, ids);
    }

    private void ReadMerges(JsonField merges)
    {
        foreach (var merge in merges.Items())
        {
            string[] pair = merge.IsText ? merge.Text().Split(' ') : [.. merge.Items().Select(i => i.Text())];
            if (pair.Length != 2) throw merge.Wrong("must be two tokens");
            _merges.TryAdd((Id(pair[0]), Id(pair[1])), (_merges.Count, Id(pair[0] + pair[1])));

            int Id(string token) => _vocabulary.TryGetValue(token, out var id) ? id : throw merge.Wrong($"needs '{token}', which is not in model.vocab");
        }
    }

    private List<int> Characters(string piece)
    {
        var ids = new List<int>(piece.Length);
        var afterUnknown = false;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in piece.EnumerateRunes())
        {
            var isUnknown = false;
            if (_vocabulary.TryGetValue(rune.ToString(), out var id)) ids.Add(id);
            else if (_bytes is not null) foreach (var b in utf8[..rune.EncodeToUtf8(utf8)]) ids.Add(_bytes[b]);
            else if (_unknown is not { } unknown) throw new InvalidDataException($"has no token for U+{rune.Value:X4} and no unk_token");
            else if ((isUnknown = true) && !(afterUnknown && _fuseUnknown)) ids.Add(unknown);
            afterUnknown = isUnknown;
        }

        return ids;
    }
}
