namespace LisaOrleans.Data;

/// <summary>Reads a folder's tokenizer as <see cref="GgufVocabulary"/>.</summary>
internal static class GgufVocabularyReader
{
    // The score that the usual converters give tokens that no merge makes.
    private const float NoMerge = -1000;

    public static GgufVocabulary Read(string folder, int size)
    {
        if (TokenizerLoader.Load(folder) is not TextTokenizer { Parts: var parts })
            throw new TokenizerException(folder, "has a tokenizer that cannot be written as GGUF");
        return JsonField.ReadFile(Path.Combine(folder, "tokenizer.json"), root => OfJson(root, parts, size))
            ?? OfSentencePiece(folder, parts, size)
            ?? throw new TokenizerException(
                parts.File, "cannot be written as GGUF, which takes tokenizer.json of type BPE, or SentencePiece's tokenizer.model of type BPE");
    }

    private static GgufVocabulary OfJson(JsonField root, TokenizerParts parts, int size)
    {
        var (model, folder) = (root.Required("model"), Path.GetDirectoryName(root.File)!);
        if (model.Optional("type") is { } type && type.Text() != "BPE") throw type.Unsupported(type.Text(), "BPE");
        if (GgufPreTokenizer.IsByteLevel(root.Optional("pre_tokenizer")))
        {
            GgufRules.CheckBytes(root);
            var space = TokenizerConfig.Read(folder).AddPrefixSpace;
            var pre = GgufPreTokenizer.Name(root, model.Optional("ignore_merges")?.Flag() ?? false, space);
            var bytes = Filled(parts, size, parts.Model.Vocabulary.Select(t => (t.Value, new GgufToken(t.Key, SentencePieceKind.Normal, 0))));
            return Of(parts, "gpt2", bytes) with { Pre = pre, Merges = [.. MergePairs(model).Select(m => $"{m.Left} {m.Right}")] };
        }

        if (model.Optional("byte_fallback")?.Flag() != true)
            throw root.Wrong("cannot be written as GGUF: its model has neither bytes for tokens (ByteLevel) nor byte_fallback");
        GgufRules.CheckSpaces(root, parts);

        // Where the file that it was made from is still there, it has the scores. How texts are encoded is what tokenizer.json says.
        var (addsSpace, first) = (GgufPreTokenizer.AddsSpace(root), GgufPreTokenizer.AddsSpaceFirst(root));
        if (OfSentencePiece(folder, parts, size) is { } exact)
            return exact with { AddSpacePrefix = addsSpace, SpaceIsForBeginning = first };
        var scores = GgufScores.Of(MergePairs(model), parts.Model.Vocabulary, parts.Added, model.Required("merges"));
        var unknown = model.Optional("unk_token")?.Text();
        var tokens = Filled(parts, size, parts.Model.Vocabulary.Select(t => (t.Value, new GgufToken(
            t.Key,
            t.Key == unknown ? SentencePieceKind.Unknown : ByteFallback.Byte(t.Key) is not null ? SentencePieceKind.Byte : SentencePieceKind.Normal,
            scores.GetValueOrDefault(t.Key, NoMerge)))));
        return Of(parts, "llama", tokens) with { AddSpacePrefix = addsSpace, SpaceIsForBeginning = first };
    }

    private static GgufVocabulary? OfSentencePiece(string folder, TokenizerParts parts, int size)
    {
        var path = Path.Combine(folder, "tokenizer.model");
        if (!File.Exists(path)) return null;
        var content = File.ReadAllBytes(path);
        if (TiktokenReader.Recognizes(content)) return null;
        var file = SentencePieceFile.Read(content);
        if (file.ModelType != 2) return null;
        var wrong = file.CharsMap.Length > 0 ? "normalizer_spec.precompiled_charsmap has rules"
            : file.RemoveExtraSpaces ? "normalizer_spec.remove_extra_whitespaces is true"
            : !file.EscapeSpaces ? "normalizer_spec.escape_whitespaces is false"
            : file.SpaceIsSuffix ? "trainer_spec.treat_whitespace_as_suffix is true"
            : !file.ByteFallback ? "trainer_spec.byte_fallback is false" : null;

        // Beside tokenizer.json, which has been checked, it only gives the scores.
        if (wrong is not null && parts.File == path) throw new TokenizerException(path, $"cannot be written as GGUF: {wrong}, which GGUF cannot say");
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            if (file.Pieces[id].IsText && parts.Model.Vocabulary.TryGetValue(file.Pieces[id].Text, out var other) && other != id)
                throw new TokenizerException(path, $"has '{file.Pieces[id].Text}' as {id}, and tokenizer.json has it as {other}; they must agree");
        }

        var tokens = Filled(parts, size, file.Pieces.Select((p, id) => (id, new GgufToken(p.Text, p.Kind, p.Score))));
        return Of(parts, "llama", tokens) with
        {
            AddSpacePrefix = file.AddDummyPrefix,
            SpaceIsForBeginning = file.AddDummyPrefix && !TokenizerConfig.Read(folder).Legacy,
        };
    }

    private static GgufVocabulary Of(TokenizerParts parts, string model, GgufToken[] tokens) => new()
    {
        Model = model,
        Tokens = tokens,
        BosTokenId = parts.BosTokenId,
        EosTokenId = parts.EosTokenId,
        AddBosToken = parts.AddBosToken,
        StripsAsPhi3 = GgufPhi3.Strips(parts.Added, tokens),
    };

    // Each row of the embedding needs a token, even where the tokenizer has none.
    private static GgufToken[] Filled(TokenizerParts parts, int size, IEnumerable<(int Id, GgufToken Token)> known)
    {
        var tokens = new GgufToken?[size];
        foreach (var (id, token) in known) tokens[Checked(id)] = token;
        foreach (var added in parts.Added)
        {
            var kind = added.Special ? SentencePieceKind.Control : SentencePieceKind.UserDefined;
            if (tokens[Checked(added.Id)] is { Kind: SentencePieceKind.Unknown or SentencePieceKind.Byte } kept) kind = kept.Kind;
            tokens[added.Id] = new GgufToken(added.Content, kind, tokens[added.Id]?.Score ?? NoMerge);
        }

        return [.. tokens.Select((t, id) => t ?? new GgufToken($"[PAD{id}]", SentencePieceKind.Unused, NoMerge))];

        int Checked(int id) => id < size
            ? id
            : throw new TokenizerException(parts.File, $"has token {id}, but the model's vocab_size is {size}");
    }

    private static List<(string Left, string Right)> MergePairs(JsonField model) => [.. model.Required("merges").Items().Select(merge =>
    {
        string[] pair = merge.IsText ? merge.Text().Split(' ') : [.. merge.Items().Select(i => i.Text())];
        return pair.Length == 2 ? (pair[0], pair[1]) : throw merge.Wrong("must be two tokens");
    })];
}
