using System.Text;

namespace LisaOrleans.Data;

/// <summary>Where a Hugging Face folder keeps its chat templates.</summary>
/// <param name="File">The file, for messages.</param>
/// <param name="Chat">The template.</param>
/// <param name="ToolUse">The one for conversations with tools; null where <paramref name="Chat"/> serves them too.</param>
internal sealed record ChatTemplateSource(string File, string Chat, string? ToolUse)
{
    private const string ConfigFile = "tokenizer_config.json";
    private const string Default = "default";
    private const string ToolUseName = "tool_use";

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// chat_template.jinja goes before tokenizer_config.json, as in transformers, and both before chat_template.json, which tokenizers do
    /// not read there. Null where there is none.
    /// </summary>
    public static ChatTemplateSource? Find(string folder)
    {
        var jinja = Path.Combine(folder, ModelFileNames.ChatTemplate);
        if (System.IO.File.Exists(jinja))
        {
            var tools = Path.Combine(folder, ModelFileNames.MoreTemplates, $"{ToolUseName}.jinja");
            return new ChatTemplateSource(jinja, Read(jinja), System.IO.File.Exists(tools) ? Read(tools) : null);
        }

        return FindIn(Path.Combine(folder, ConfigFile)) ?? FindIn(Path.Combine(folder, ModelFileNames.ProcessorChatTemplate));
    }

    private static ChatTemplateSource? FindIn(string file) =>
        JsonField.ReadFile(file, root => root.Optional("chat_template") is { } field ? new Found(Of(file, field)) : null!)?.Source;

    private static ChatTemplateSource Of(string file, JsonField field)
    {
        if (field.IsText) return new ChatTemplateSource(file, field.Text(), null);
        if (!field.IsList) throw field.Wrong("must be a template, or a list of objects with 'name' and 'template'");
        var named = new Dictionary<string, string>();
        foreach (var item in field.Items()) named[item.Required("name").Text()] = item.Required("template").Text();
        return named.TryGetValue(Default, out var chat)
            ? new ChatTemplateSource(file, chat, named.GetValueOrDefault(ToolUseName))
            : throw field.Wrong($"has templates {string.Join(", ", named.Keys)}, but none is called '{Default}'");
    }

    private static string Read(string file)
    {
        try
        {
            return s_utf8.GetString(System.IO.File.ReadAllBytes(file));
        }
        catch (DecoderFallbackException)
        {
            throw new TokenizerException(file, "is not UTF-8 text");
        }
    }

    private sealed record Found(ChatTemplateSource Source);
}
