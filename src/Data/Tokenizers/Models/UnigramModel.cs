using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// The cut of a text whose tokens' scores add up to the most, as tokenizer.json's models of type Unigram have it.
/// </summary>
internal sealed class UnigramModel : TokenModel
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly UnigramLattice _lattice;
    private readonly int? _unknown;
    private readonly int[]? _bytes;

    private UnigramModel(JsonField model)
    {
        var scores = new List<double>();
        _vocabulary = [];
        foreach (var item in model.Required("vocab").Items())
        {
            JsonField[] pair = [.. item.Items()];
            if (pair.Length != 2) throw item.Wrong("must be a token and its score");
            if (pair[0].Text().Length == 0) throw item.Wrong("is empty");
            _vocabulary[pair[0].Text()] = scores.Count;
            scores.Add(pair[1].Number());
        }

        if (scores.Count == 0) throw model.Required("vocab").Wrong("is empty");
        _lookup = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        if (model.Optional("unk_id") is { } unknown)
            _unknown = unknown.Id() < scores.Count ? unknown.Id() : throw unknown.Wrong("is not in model.vocab");
        if (model.Optional("byte_fallback")?.Flag() == true)
            _bytes = [.. Enumerable.Range(0, 256).Select(b => _vocabulary.GetValueOrDefault($"<0x{b:X2}>", -1))];
        var tokens = _vocabulary.Select(p => (p.Key, p.Value, scores[p.Value]));
        _lattice = new UnigramLattice(tokens, scores.Min(), _unknown ?? UnigramLattice.Unknown, false);
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    public static UnigramModel Read(JsonField model) => new(model);

    protected override void EncodeNew(ReadOnlySpan<char> piece, int at, EncodingScratch scratch)
    {
        var best = _lattice.Best(piece, scratch.Best);
        for (var i = 0; i < best.Length; i++)
        {
            var (id, start, end) = best[i];
            if (id != (_unknown ?? UnigramLattice.Unknown))
            {
                scratch.Tokens.Add(id, at + start, at + end);
                continue;
            }

            // What has no token is one unknown piece.
            while (i + 1 < best.Length && best[i + 1].Id == id) end = best[++i].End;
            AddUnknown(piece[start..end], at + start, scratch.Tokens);
        }
    }

    private void AddUnknown(ReadOnlySpan<char> text, int at, TokenBuffer tokens)
    {
        var end = at + text.Length;
        if (_lookup.TryGetValue(text, out var id))
        {
            tokens.Add(id, at, end);
            return;
        }

        if (_bytes is not null)
        {
            var utf8 = Encoding.UTF8.GetBytes(text.ToArray());
            if (Array.TrueForAll(utf8, b => _bytes[b] >= 0))
            {
                foreach (var b in utf8) tokens.Add(_bytes[b], at, end);
                return;
            }
        }

        tokens.Add(_unknown ?? throw new InvalidDataException($"has no token for '{text}' and no unk_id"), at, end);
    }
}
