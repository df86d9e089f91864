namespace LisaOrleans.Data;

/// <summary>GGUF's name for what cuts a text into pieces; programs that read such files have the expressions built in.</summary>
internal static class GgufPreTokenizer
{
    // Mistral's, of GPT-4o's kind without contractions and with single digits.
    private const string Tekken =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Whether tokens are made of bytes.</summary>
    public static bool IsByteLevel(JsonField? field) => Steps(field).Any(s => Type(s) == "ByteLevel");

    /// <summary>Whether a text gets a space before it.</summary>
    public static bool AddsSpace(JsonField root) => GgufRules.Normalizers(root).Any(n => Type(n) == "Prepend")
        || Steps(root.Optional("pre_tokenizer")).Any(s => Type(s) == "Metaspace" && MetaspaceSteps.Scheme(s) != "never");

    /// <summary>Whether only the beginning of a text gets that space, and not what follows a special token.</summary>
    public static bool AddsSpaceFirst(JsonField root) => GgufRules.Normalizers(root).All(n => Type(n) != "Prepend")
        && Steps(root.Optional("pre_tokenizer")).Any(s => Type(s) == "Metaspace" && MetaspaceSteps.Scheme(s) == "first");

    /// <summary>The steps of a pre_tokenizer, or of a normalizer, either of which may be null.</summary>
    /// <param name="field">What is made of them.</param>
    /// <param name="list">The name of the list of a sequence.</param>
    public static List<JsonField> Steps(JsonField? field, string list = "pretokenizers") => field is null ? []
        : Type(field) == "Sequence" ? [.. field.Required(list).Items().SelectMany(f => Steps(f, list))] : [field];

    /// <summary>The type of a step.</summary>
    public static string Type(JsonField field) => field.Required("type").Text();

    /// <summary>The name.</summary>
    /// <param name="root">tokenizer.json.</param>
    /// <param name="wholeFirst">Its ignore_merges.</param>
    /// <param name="addPrefixSpace">As <see cref="SplitterReader.Read"/> has it.</param>
    /// <exception cref="TokenizerException">There is none.</exception>
    public static string Name(JsonField root, bool wholeFirst, bool? addPrefixSpace)
    {
        var field = root.Required("pre_tokenizer");
        var steps = Steps(field);
        if (steps.Any(s => Type(s) == "ByteLevel" && ((s == field ? addPrefixSpace : null) ?? SplitterReader.AddsPrefixSpace(s))))
            throw field.Wrong("puts a space before each text (add_prefix_space), which GGUF cannot say of a tokenizer of bytes");
        var name = string.Join('+', steps.Select(Step)) switch
        {
            "gpt2" => "gpt-2",
            "digits+gpt2" => "smollm",
            "gpt4+bytes" => wholeFirst ? "llama-bpe" : "dbrx",
            "qwen+bytes" when !wholeFirst => "qwen2",
            "gpt4o+bytes" => "gpt-4o",
            "tekken+bytes" when wholeFirst => "tekken",
            _ => null,
        };
        if (name is null)
        {
            throw field.Wrong(
                "is none that programs for GGUF know by name; known are those of GPT-2, GPT-4o, Llama 3, Qwen 2 and 3, SmolLM and Mistral's tekken");
        }

        return !wholeFirst || name is "llama-bpe" or "tekken" ? name
            : throw root.Required("model").Required("ignore_merges").Wrong("is true, which GGUF cannot say beside this pre_tokenizer");
    }

    private static string Step(JsonField step) => Type(step) switch
    {
        "ByteLevel" => step.Optional("use_regex")?.Flag() ?? true ? "gpt2" : "bytes",
        "Digits" when step.Optional("individual_digits")?.Flag() == true => "digits",
        "Split" when KeepsMatches(step) => Pattern(step),
        var other => other,
    };

    // All expressions that have a name match everything, so what lies between matches does not matter.
    private static bool KeepsMatches(JsonField step) =>
        (step.Required("behavior").Text(), step.Optional("invert")?.Flag() ?? false) is ("Isolated", false) or ("Removed", true);

    private static string Pattern(JsonField step) => step.Required("pattern").Optional("Regex")?.Text() switch
    {
        KnownPatterns.Gpt4 => "gpt4",
        KnownPatterns.Qwen => "qwen",
        KnownPatterns.Gpt4o => "gpt4o",
        Tekken => "tekken",
        _ => "unknown",
    };
}
