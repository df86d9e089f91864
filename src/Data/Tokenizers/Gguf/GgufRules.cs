namespace LisaOrleans.Data;

/// <summary>What tokenizer.json may do to texts and pieces, so that programs for GGUF do the same.</summary>
internal static class GgufRules
{
    private const string Sign = "▁";

    /// <summary>Checks a tokenizer of bytes, but for what cuts texts.</summary>
    /// <exception cref="TokenizerException">GGUF cannot express it.</exception>
    public static void CheckBytes(JsonField root)
    {
        CheckWords(root.Required("model"));
        foreach (var step in Normalizers(root))
            if (GgufPreTokenizer.Type(step) is not "NFC" and var other) throw step.Wrong($"is {other}, which GGUF cannot say; it must be NFC, or null");
    }

    /// <summary>Checks a tokenizer of SentencePiece's kind, which writes spaces as '▁' and cuts nothing.</summary>
    /// <param name="root">tokenizer.json.</param>
    /// <param name="parts">The same, read.</param>
    /// <exception cref="TokenizerException">GGUF cannot express it.</exception>
    public static void CheckSpaces(JsonField root, TokenizerParts parts)
    {
        var model = root.Required("model");
        CheckWords(model);
        if (model.Optional("ignore_merges") is { } whole && whole.Flag()) throw whole.Wrong("is true, which GGUF cannot say beside byte_fallback");
        var writes = string.Join('+', Normalizers(root).Select(Normalizer));
        if (writes is not ("" or "Replace" or "Prepend+Replace" or "Replace+Prepend"))
        {
            throw root.Required("normalizer").Wrong(
                $"changes texts as GGUF cannot say; it must be Replace of ' ' by '{Sign}', with Prepend of '{Sign}' or without, or null");
        }

        var steps = GgufPreTokenizer.Steps(root.Optional("pre_tokenizer"));
        var cuts = string.Join('+', steps.Select(PreTokenizer));
        if (cuts is not ("" or "Metaspace" or "Split"))
        {
            throw root.Required("pre_tokenizer").Wrong(
                $"cuts texts as GGUF cannot say; it must be Metaspace with '{Sign}', Split at ' ', or null");
        }

        if (writes.Length == 0 && cuts != "Metaspace")
        {
            throw root.Wrong(
                $"leaves spaces as they are; for GGUF its normalizer must have Replace of ' ' by '{Sign}', or its pre_tokenizer be Metaspace");
        }

        // Where spaces part texts, no such token comes out, and GGUF would merge to it.
        if (cuts == "Metaspace" && (steps[0].Optional("split")?.Flag() ?? true)
            && parts.Model.Vocabulary.Keys.Except(parts.Added.Select(a => a.Content)).FirstOrDefault(t => t.LastIndexOf('▁') > 0) is { } joined)
        {
            throw steps[0].Wrong($"cuts texts at '{Sign}' (split), which GGUF cannot say of a vocabulary that has '{joined}'");
        }
    }

    /// <summary>The normalizer's steps.</summary>
    public static IEnumerable<JsonField> Normalizers(JsonField root) => GgufPreTokenizer.Steps(root.Optional("normalizer"), "normalizers");

    private static void CheckWords(JsonField model)
    {
        foreach (var name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Optional(name) is { } field && field.Text().Length > 0)
                throw field.Wrong($"is '{field.Text()}', which GGUF cannot say; it must be empty");
        }
    }

    private static string Normalizer(JsonField step) => GgufPreTokenizer.Type(step) switch
    {
        "Prepend" when step.Required("prepend").Text() == Sign => "Prepend",
        "Replace" when step.Required("pattern").Optional("String")?.Text() == " " && step.Required("content").Text() == Sign => "Replace",
        _ => "other",
    };

    // Once they are signs, there are no spaces to split at.
    private static string PreTokenizer(JsonField step) => GgufPreTokenizer.Type(step) switch
    {
        "Metaspace" when step.Required("replacement").Text() == Sign => "Metaspace",
        "Split" when step.Required("pattern").Optional("String")?.Text() == " " && step.Optional("invert")?.Flag() != true => "Split",
        _ => "other",
    };
}
