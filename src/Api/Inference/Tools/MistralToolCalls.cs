using System.Security.Cryptography;
using System.Text.Json;

namespace LisaOrleans.Api;

/// <summary>
/// Mistral: <c>[TOOL_CALLS] [{"name": …, "arguments": {…}}]</c>, and since 2025 <c>[TOOL_CALLS]name[ARGS]{…}</c>, for some
/// models with <c>[CALL_ID]id</c> in between.
/// </summary>
internal sealed class MistralToolCalls : IToolCallFormat
{
    private const int IdLength = 9;

    /// <inheritdoc/>
    public string Mark => "[TOOL_CALLS]";

    /// <inheritdoc/>
    public bool AtStartOnly => false;

    /// <inheritdoc/>
    public IReadOnlyList<string> SpecialTexts => [Mark, "[ARGS]", "[CALL_ID]"];

    /// <inheritdoc/>
    public bool IsOf(string template) => template.Contains(Mark, StringComparison.Ordinal);

    /// <inheritdoc/>
    public string NewId() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", IdLength);

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, JsonElement Arguments)>? Read(string text)
    {
        var calls = new List<(string, JsonElement)>();
        for (var json = new ToolCallJson(text); !json.IsAtEnd;)
        {
            if (!json.Take("[TOOL_CALLS]"u8)) return null;
            if (json.TakeName() is { Length: > 0 } name)
            {
                if (json.Take("[CALL_ID]"u8)) json.TakeName();
                if (!json.Take("[ARGS]"u8) || json.TakeValue() is not { ValueKind: JsonValueKind.Object } arguments) return null;
                calls.Add((name, arguments));
                continue;
            }

            var list = json.TakeValue();
            if (list.ValueKind != JsonValueKind.Array) return null;
            foreach (var item in list.EnumerateArray())
            {
                if (ToolCallJson.Call(item, "arguments", "parameters") is not { } call) return null;
                calls.Add(call);
            }
        }

        return calls;
    }
}
