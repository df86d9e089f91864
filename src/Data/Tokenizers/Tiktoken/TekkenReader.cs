namespace LisaOrleans.Data;

/// <summary>
/// Reads Mistral's tekken.json: tokens as tiktoken has them, after special tokens, and the expression that cuts texts.
/// </summary>
internal static class TekkenReader
{
    // What the first versions' files leave out. Source: mistral-common's Tekkenizer.
    private static readonly string[] s_special =
    [
        "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
        "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]",
        "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
    ];

    /// <summary>The tokenizer; null where there is no such file.</summary>
    public static ITokenizer? Load(string path, TokenizerConfig config) => JsonField.ReadFile(path, root => Read(root, config));

    private static TextTokenizer Read(JsonField root, TokenizerConfig config)
    {
        var settings = root.Required("config");
        var reserved = settings.Required("default_num_special_tokens");
        var size = settings.Required("default_vocab_size");
        var tokens = new List<byte[]>();
        foreach (var item in root.Required("vocab").Items().Take(Math.Max(0, size.Id() - reserved.Id())))
        {
            var (rank, bytes) = (item.Required("rank"), item.Required("token_bytes"));
            if (rank.Id() != tokens.Count) throw rank.Wrong($"must be {tokens.Count}: tokens stand in the order of their ranks");
            tokens.Add(bytes.Bytes() is { Length: > 0 } token ? token : throw bytes.Wrong("is empty"));
        }

        if (tokens.Count + reserved.Id() != size.Id())
            throw size.Wrong($"is {size.Id()}, but there are {tokens.Count} tokens and {reserved.Id()} special ones");
        var expression = PiecePattern.ReadExpression(settings.Required("pattern"));
        return RankedTokens.Tokenizer(root.File, tokens, reserved.Id(), expression, null, Special(root, reserved), config);
    }

    private static List<AddedToken> Special(JsonField root, JsonField reserved)
    {
        if (root.Optional("special_tokens") is not { } field)
            return [.. s_special.Take(reserved.Id()).Select((text, id) => new AddedToken(text, id, true))];
        var special = new List<AddedToken>();
        var (ids, texts) = (new HashSet<int>(), new HashSet<string>());
        foreach (var item in field.Items())
        {
            var (id, text) = (item.Required("rank"), item.Required("token_str"));
            if (id.Id() >= reserved.Id()) throw id.Wrong($"must be below default_num_special_tokens, {reserved.Id()}");
            if (!ids.Add(id.Id()) || !texts.Add(text.Word())) throw item.Wrong("is there twice");
            special.Add(new AddedToken(text.Word(), id.Id(), true));
        }

        return special;
    }
}
