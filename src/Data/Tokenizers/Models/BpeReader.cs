namespace LisaOrleans.Data;

/// <summary>Reads a "model" of type BPE.</summary>
internal static class BpeReader
{
    /// <param name="model">The field "model".</param>
    /// <param name="byteLevel">
    /// Whether the last step of cutting texts writes bytes as characters; the model then takes the text as it was before that step.
    /// </param>
    public static (BpeModel Model, bool TakesBytes) Read(JsonField model, bool byteLevel)
    {
        if (model.Optional("dropout") is { } dropout && !dropout.IsZero())
            throw dropout.Wrong("is not supported, since it makes tokens depend on chance; it must be null or 0");
        var vocabulary = Vocabulary(model.Required("vocab"));
        var options = new BpeOptions
        {
            Unknown = model.Optional("unk_token") is { } unknown ? Id(unknown) : null,
            FuseUnknown = model.Optional("fuse_unk")?.Flag() ?? false,
            ByteFallback = model.Optional("byte_fallback")?.Flag() ?? false,
            WholeFirst = model.Optional("ignore_merges")?.Flag() ?? false,
            Prefix = model.Optional("continuing_subword_prefix")?.Text() ?? "",
            Suffix = model.Optional("end_of_word_suffix")?.Text() ?? "",
        };
        var merges = Merges(model.Required("merges"));
        var table = new PairTable(merges.Count);
        for (var i = 0; i < merges.Count; i++)
        {
            var (left, right, field) = merges[i];
            var goesOn = right.StartsWith(options.Prefix, StringComparison.Ordinal);
            table.Set(Part(left), Part(right), i, Part(left + (goesOn ? right[options.Prefix.Length..] : right)));

            int Part(string token) => vocabulary.TryGetValue(token, out var id)
                ? id
                : throw field.Wrong($"needs '{token}', which is not in model.vocab");
        }

        var bytes = byteLevel && options.Prefix.Length + options.Suffix.Length == 0
            && Enumerable.Range(0, 256).All(b => vocabulary.ContainsKey($"{ByteAlphabet.Character((byte)b)}"));

        // What a byte's token stands for is not what its text says.
        var mergesBytes = options.ByteFallback
            && merges.Exists(m => ByteFallback.Byte(m.Left) is not null || ByteFallback.Byte(m.Right) is not null);
        var cuts = bytes || mergesBytes ? null : BpeCuts.Of(vocabulary, merges.Select(m => (m.Left[^1], m.Right[0])), options);
        return (new BpeModel(vocabulary, table, options, bytes, cuts), bytes);

        int Id(JsonField token) =>
            vocabulary.TryGetValue(token.Text(), out var id) ? id : throw token.Wrong("is not in model.vocab");
    }

    /// <summary>Reads an object of ids by token.</summary>
    public static Dictionary<string, int> Vocabulary(JsonField field)
    {
        var vocabulary = new Dictionary<string, int>();
        var ids = new HashSet<int>();
        foreach (var (token, id) in field.Members())
        {
            vocabulary[token] = id.Id();
            if (!ids.Add(id.Id())) throw id.Wrong($"is {id.Id()}, which another token has too");
        }

        return vocabulary;
    }

    private static List<(string Left, string Right, JsonField Field)> Merges(JsonField field)
    {
        var merges = new List<(string, string, JsonField)>();
        foreach (var merge in field.Items())
        {
            string[] pair = merge.IsText ? merge.Text().Split(' ') : [.. merge.Items().Select(i => i.Text())];
            if (pair.Length != 2 || pair[0].Length == 0 || pair[1].Length == 0) throw merge.Wrong("must be two tokens");
            merges.Add((pair[0], pair[1], merge));
        }

        return merges;
    }
}
