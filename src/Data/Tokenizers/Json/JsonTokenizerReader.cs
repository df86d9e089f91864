namespace LisaOrleans.Data;

/// <summary>Reads Hugging Face's tokenizer.json.</summary>
internal static class JsonTokenizerReader
{
    /// <summary>The tokenizer; null where there is no such file.</summary>
    public static ITokenizer? Load(string path, TokenizerConfig config) => JsonField.ReadFile(path, root => Read(root, config));

    /// <summary>The tokenizer that a file's content describes.</summary>
    public static TextTokenizer Read(JsonField root, TokenizerConfig config)
    {
        var normalizer = NormalizerReader.Read(root.Optional("normalizer"));
        var (steps, endsInBytes) = SplitterReader.Read(root.Optional("pre_tokenizer"), config.AddPrefixSpace);
        var (model, takesBytes) = Model(root.Required("model"), endsInBytes);
        if (model.Vocabulary.Count == 0) throw root.Required("model").Required("vocab").Wrong("is empty");
        var added = config.Added(Added(root, model.Vocabulary), model.Vocabulary);
        var template = BosReader.Read(root.Optional("post_processor"));
        var bos = Find("bos_token", template ?? config.BosToken);
        return new TextTokenizer(new TokenizerParts
        {
            File = root.File,
            Added = added,
            Normalizer = normalizer,
            Steps = endsInBytes && !takesBytes ? [.. steps, SplitterReader.WriteBytes] : steps,
            Model = model,
            Decoder = DecoderReader.Read(root.Optional("decoder")),
            BosTokenId = bos,
            EosTokenId = Find("eos_token", config.EosToken) ?? config.ModelsEnd(added),
            AddBosToken = bos is not null && (config.AddBosToken ?? template is not null),
        });

        int? Find(string name, string? text)
        {
            if (text is null) return config.Usual(name) is { } usual ? Id(usual) : null;
            return Id(text) ?? throw root.Wrong($"has no token '{text}', the {name} of tokenizer_config.json");
        }

        int? Id(string text) => added.Find(t => t.Content == text)?.Id ?? (model.Vocabulary.TryGetValue(text, out var id) ? id : null);
    }

    private static (TokenModel Model, bool TakesBytes) Model(JsonField model, bool endsInBytes)
    {
        var type = model.Optional("type");
        switch (type?.Text() ?? "BPE")
        {
            case "BPE":
                return BpeReader.Read(model, endsInBytes);
            case "Unigram":
                return (UnigramModel.Read(model), false);
            case "WordPiece":
                return (WordPieceModel.Read(model), false);
            case var other:
                throw type!.Unsupported(other, "BPE", "Unigram", "WordPiece");
        }
    }

    private static List<AddedToken> Added(JsonField root, IReadOnlyDictionary<string, int> vocabulary)
    {
        var added = new List<AddedToken>();
        var texts = new HashSet<string>();
        var ids = vocabulary.ToDictionary(t => t.Value, t => t.Key);
        foreach (var field in root.Optional("added_tokens")?.Items() ?? [])
        {
            var token = AddedToken.Read(field, field.Required("id").Id());
            if (ids.TryGetValue(token.Id, out var other) ? other != token.Content : vocabulary.ContainsKey(token.Content))
                throw field.Wrong($"gives id {token.Id} to '{token.Content}', which model.vocab says otherwise");
            if (!texts.Add(token.Content)) throw field.Wrong($"has '{token.Content}' twice");
            ids[token.Id] = token.Content;
            added.Add(token);
        }

        return added;
    }
}
