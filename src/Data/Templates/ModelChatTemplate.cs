using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// Tells which of <see cref="ChatTemplates"/> a Hugging Face folder was made for, by what its Jinja template writes. Jinja
/// itself is not run.
/// </summary>
public static class ModelChatTemplate
{
    private const string ConfigFile = "tokenizer_config.json";
    private const string JinjaFile = "chat_template.jinja";

    // What only this template writes; the first that is found counts.
    private static readonly (string Name, string[] Marks)[] s_marks =
    [
        ("qwen2", ["<|im_start|>", "You are a helpful assistant", "system"]),
        ("chatml", ["<|im_start|>"]),
        ("llama3", ["<|start_header_id|>", "<|eot_id|>"]),
        ("llama2", ["[INST]", "<<SYS>>"]),
        ("zephyr", ["<|user|>", "<|assistant|>"]),
        ("alpaca", ["### Instruction:", "### Response:"]),
    ];

    /// <summary>The template's name; <c>plain</c> where the folder has no template, null where it has one that is not known here.</summary>
    /// <exception cref="TokenizerException">tokenizer_config.json is damaged.</exception>
    public static string? Recognise(string folder)
    {
        if (ReadJinja(folder) is not { } jinja) return "plain";
        return s_marks.FirstOrDefault(m => m.Marks.All(mark => jinja.Contains(mark, StringComparison.Ordinal))).Name;
    }

    private static string? ReadJinja(string folder)
    {
        var file = Path.Combine(folder, JinjaFile);
        if (File.Exists(file)) return File.ReadAllText(file);
        file = Path.Combine(folder, ConfigFile);
        if (!File.Exists(file)) return null;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("chat_template", out var template)) return null;
            return template.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => template.GetString(),

                // Several, by name.
                JsonValueKind.Array => string.Concat(template.EnumerateArray().Select(t => t.GetProperty("template").GetString())),
                _ => throw new TokenizerException(file, "field 'chat_template' must be a template, or a list of objects with 'name' and 'template'"),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair, or a template that is no text.
            throw new TokenizerException(file, $"is no tokenizer_config.json with a chat_template: {e.Message}");
        }
    }
}
