using System.Text.Json;

namespace LisaOrleans.Api;

/// <summary>
/// Hermes, Qwen 2.5 and 3, Granite 4 and others: <c>&lt;tool_call&gt;{"name": …, "arguments": {…}}&lt;/tool_call&gt;</c>, one
/// after another.
/// </summary>
internal sealed class HermesToolCalls : IToolCallFormat
{
    private const string End = "</tool_call>";

    /// <inheritdoc/>
    public string Mark => "<tool_call>";

    /// <inheritdoc/>
    public bool AtStartOnly => false;

    /// <inheritdoc/>
    public IReadOnlyList<string> SpecialTexts => [Mark, End];

    /// <inheritdoc/>
    public bool IsOf(string template) => template.Contains(Mark, StringComparison.Ordinal)

        // Qwen 3 Coder writes XML between the same marks.
        && !template.Contains("<function=", StringComparison.Ordinal);

    /// <inheritdoc/>
    public string NewId() => ToolCallIds.New();

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, JsonElement Arguments)>? Read(string text)
    {
        var calls = new List<(string, JsonElement)>();
        for (var json = new ToolCallJson(text); !json.IsAtEnd;)
        {
            if (!json.Take("<tool_call>"u8) || ToolCallJson.Call(json.TakeValue(), "arguments", "parameters") is not { } call) return null;
            calls.Add(call);

            // The last call may lack its end mark, if that mark is what ended the answer.
            if (!json.Take("</tool_call>"u8) && !json.IsAtEnd) return null;
        }

        return calls;
    }
}
