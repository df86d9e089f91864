namespace LisaOrleans;

/// <summary>
/// Which files of a Hugging Face folder belong to a model, beside its weights: they go into the store with a run and come out
/// with its export. Names are relative to the folder, with <c>/</c> between a folder and its file.
/// </summary>
public static class ModelFileNames
{
    /// <summary>The model's shape.</summary>
    public const string Config = "config.json";

    /// <summary>Defaults of a generation, and the ids that end it.</summary>
    public const string GenerationConfig = "generation_config.json";

    /// <summary>The folder's own chat template.</summary>
    public const string ChatTemplate = "chat_template.jinja";

    /// <summary>The same as JSON, which only processors of multimodal models read.</summary>
    public const string ProcessorChatTemplate = "chat_template.json";

    /// <summary>The folder of the chat templates for other purposes, <c>tool_use.jinja</c> for one.</summary>
    public const string MoreTemplates = "additional_chat_templates";

    private const string TemplateSuffix = ".jinja";

    /// <summary>What a tokenizer may consist of, in the folder itself.</summary>
    public static IReadOnlyList<string> Tokenizer { get; } =
    [
        "tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", ChatTemplate, "tekken.json", "tiktoken.model", "qwen.tiktoken",
    ];

    /// <summary>Those of them that hold the vocabulary, of which every tokenizer has one.</summary>
    public static IReadOnlyList<string> Vocabularies { get; } =
        ["tokenizer.model", "tokenizer.json", "vocab.json", "tekken.json", "tiktoken.model", "qwen.tiktoken"];

    /// <summary>What a multimodal model's other inputs are prepared by.</summary>
    public static IReadOnlyList<string> Processor { get; } = ["preprocessor_config.json", "processor_config.json", ProcessorChatTemplate];

    /// <summary>Whether a name is that of a file which belongs to a model. Such a name stays within the folder.</summary>
    public static bool IsKnown(string name) =>
        name is Config or GenerationConfig || Tokenizer.Contains(name) || Processor.Contains(name) || IsAdditionalTemplate(name);

    /// <summary>Whether a name is that of a file with nothing but a chat template.</summary>
    public static bool IsTemplate(string name) => name is ChatTemplate or ProcessorChatTemplate || IsAdditionalTemplate(name);

    /// <summary>Whether a name is that of a further chat template: in its folder, and without characters that lead elsewhere.</summary>
    public static bool IsAdditionalTemplate(string name) =>
        name.StartsWith(MoreTemplates + "/", StringComparison.Ordinal)
        && name.EndsWith(TemplateSuffix, StringComparison.Ordinal)
        && name[(MoreTemplates.Length + 1)..^TemplateSuffix.Length] is { Length: > 0 and <= 100 } template
        && template.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>The file of a further chat template.</summary>
    /// <param name="template">Its name: letters, digits, dashes and underscores.</param>
    public static string AdditionalTemplate(string template) => $"{MoreTemplates}/{template}{TemplateSuffix}";

    /// <summary>Those that a folder has: always in the same order.</summary>
    public static IEnumerable<string> In(string folder)
    {
        foreach (var name in (string[])[Config, GenerationConfig, .. Tokenizer, .. Processor])
            if (File.Exists(Path.Combine(folder, name))) yield return name;
        var more = Path.Combine(folder, MoreTemplates);
        if (!Directory.Exists(more)) yield break;
        foreach (var name in Directory.GetFiles(more).Select(f => $"{MoreTemplates}/{Path.GetFileName(f)}").Order(StringComparer.Ordinal))
            if (IsAdditionalTemplate(name)) yield return name;
    }
}
