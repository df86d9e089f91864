using LisaOrleans.Data;

namespace LisaOrleans.Api;

/// <summary>What one answer needs that may call tools.</summary>
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

    /// <summary>Parts the answer.</summary>
    public ToolCallStream Stream { get; }

    /// <summary>Null where no tools were given, or the model writes calls in a form that is not known: then they are its answer.</summary>
    public static ToolCallDecoder? Of(CompletionRequest request, LoadedModel model) =>
        request.Tools is { } tools && model.Text.Template is { } template && ToolCallFormats.Of(template.ToolSource) is { } format
            ? new ToolCallDecoder(format, ToolsReader.Names(tools), model.Tokenizer)
            : null;

    /// <summary>The text of a special token of the format, which is not decoded otherwise; null for any other.</summary>
    public string? TextOf(int id) => _special.GetValueOrDefault(id);
}
