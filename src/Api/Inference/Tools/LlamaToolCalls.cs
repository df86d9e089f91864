using System.Text.Json;

namespace LisaOrleans.Api;

/// <summary>
/// Llama 3.1 to 3.3: the whole answer is <c>{"name": …, "parameters": {…}}</c>; several calls are separated by <c>;</c>.
/// </summary>
internal sealed class LlamaToolCalls : IToolCallFormat
{
    /// <inheritdoc/>
    public string Mark => "{";

    /// <inheritdoc/>
    public bool AtStartOnly => true;

    /// <inheritdoc/>
    public IReadOnlyList<string> SpecialTexts => [];

    /// <inheritdoc/>
    public bool IsOf(string template) =>
        template.Contains("ipython", StringComparison.Ordinal) && template.Contains("\"parameters\": dictionary", StringComparison.Ordinal);

    /// <inheritdoc/>
    public string NewId() => ToolCallIds.New();

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, JsonElement Arguments)>? Read(string text)
    {
        var calls = new List<(string, JsonElement)>();
        var json = new ToolCallJson(text);
        do
        {
            if (ToolCallJson.Call(json.TakeValue(), "parameters", "arguments") is not { } call) return null;
            calls.Add(call);
        }
        while (json.Take(";"u8) && !json.IsAtEnd);

        return json.IsAtEnd ? calls : null;
    }
}
