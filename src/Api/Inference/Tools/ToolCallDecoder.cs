using LisaOrleans.Data;

namespace LisaOrleans.Api;

/// <summary>Decodes one answer that may call tools.</summary>
internal sealed class ToolCallDecoder
{
    private readonly Dictionary<int, string> _special;

    private ToolCallDecoder(IToolCallFormat format, IReadOnlySet<string> names, ITokenizer tokenizer)
    {
        Stream = new ToolCallStream(format, names);
        _special = format.SpecialTexts
            .Select(text => (Text: text, Ids: tokenizer.EncodeWithSpecialTokens(text)))
            .Where(m => m.Ids.Length == 1 && tokenizer.Decode(m.Ids).Length == 0)
            .ToDictionary(m => m.Ids[0], m => m.Text);
    }

    /// <summary>Splits the answer into text and calls.</summary>
    public ToolCallStream Stream { get; }

    /// <summary>
    /// Null if no tools were given, or if the model writes calls in an unknown format: then they remain text of the answer.
    /// </summary>
    public static ToolCallDecoder? Of(CompletionRequest request, LoadedModel model) =>
        request.Tools is { } tools && model.Text.Template is { } template && ToolCallFormats.Of(template.ToolSource) is { } format
            ? new ToolCallDecoder(format, ToolsReader.Names(tools), model.Tokenizer)
            : null;

    /// <summary>The text of a special token of the format, which otherwise is not decoded; null for any other token.</summary>
    public string? TextOf(int id) => _special.GetValueOrDefault(id);
}
