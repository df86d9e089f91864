using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.Data;

/// <summary>
/// The tools of a record and the calls of a turn, in the form in which Hugging Face's templates take them: a call is
/// <c>{"type": "function", "function": {"name", "arguments"}}</c>, its arguments an object.
/// </summary>
internal static class ToolCalls
{
    /// <summary>A turn's <c>tool_calls</c>, or OpenAI's older <c>function_call</c>; null where it calls nothing.</summary>
    public static JsonArray? Read(RecordReader turn)
    {
        var list = turn.OptionalList("tool_calls");
        var single = turn.Optional("function_call");
        if (list is not null && single is not null) throw turn.Wrong("function_call", "stands beside tool_calls; a turn has one of them");
        if (list is { } calls) return new JsonArray([.. calls.EnumerateArray().Select((call, i) => Call(turn, $"tool_calls[{i}]", call))]);
        return single is { } one ? new JsonArray(Call(turn, "function_call", one)) : null;
    }

    /// <summary>
    /// ShareGPT's calls: <c>{"name", "arguments"}</c>, or a list of such, as the text of a turn. Null where the text is
    /// something else.
    /// </summary>
    public static JsonArray? FromText(RecordReader turn, string field, string text)
    {
        if (text.AsSpan().TrimStart() is not ['{' or '[', ..]) return null;
        JsonElement value;
        try
        {
            value = JsonElement.Parse(text, JsonText.Strict);
        }
        catch (Exception e) when (JsonText.IsInvalid(e))
        {
            return null;
        }

        JsonElement[] calls = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return calls.Length > 0
            && calls.All(c => c.ValueKind == JsonValueKind.Object && c.TryGetProperty("name", out _) && c.TryGetProperty("arguments", out _))
            ? new JsonArray([.. calls.Select(c => Call(turn, field, c))])
            : null;
    }

    /// <summary>
    /// A record's <c>tools</c>, each of which may be just the function, or OpenAI's older <c>functions</c>; null where it has none.
    /// </summary>
    public static JsonElement? Tools(RecordReader record)
    {
        var tools = record.OptionalObjects("tools");
        var functions = record.OptionalObjects("functions");
        if (tools is not null && functions is not null) throw record.Wrong("functions", "stands beside tools; a record has one of them");
        if (functions is { } list) return List(list.EnumerateArray().Select((function, i) => Tool(record, $"functions[{i}]", function)));
        return tools is { } given && given.EnumerateArray().Any(IsBare)
            ? List(given.EnumerateArray().Select(tool => IsBare(tool) ? Function(JsonValue(tool)) : JsonValue(tool)))
            : tools;

        static JsonElement List(IEnumerable<JsonNode> items) => JsonSerializer.SerializeToElement(new JsonArray([.. items]));
    }

    // What has a type is a tool of its own kind, which templates may know.
    private static bool IsBare(JsonElement tool) =>
        HasName(tool) && !tool.TryGetProperty("type", out _) && !tool.TryGetProperty("function", out _);

    private static JsonNode Tool(RecordReader record, string field, JsonElement tool)
    {
        var isWrapped = tool.TryGetProperty("function", out var function);
        if (!HasName(isWrapped ? function : tool))
            throw record.Wrong(field, "must name a function: {\"name\": …, \"description\": …, \"parameters\": …}");
        return isWrapped ? JsonValue(tool) : Function(JsonValue(tool));
    }

    private static bool HasName(JsonElement function) =>
        function.ValueKind == JsonValueKind.Object && function.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String;

    private static JsonObject Call(RecordReader turn, string field, JsonElement call)
    {
        call = turn.ForTemplate(field, turn.AsObject(field, call));
        var isBare = !call.TryGetProperty("function", out var function);
        if (isBare) function = call;
        if (!HasName(function))
            throw turn.Wrong(field, "must name a function: {\"type\": \"function\", \"function\": {\"name\": …, \"arguments\": …}}");

        var normal = (JsonObject)JsonValue(function);
        if (function.TryGetProperty("arguments", out var arguments)) normal["arguments"] = Arguments(turn, field, arguments);
        if (isBare) return Function(normal);
        var whole = (JsonObject)JsonValue(call);
        whole["function"] = normal;
        return whole;
    }

    // OpenAI has them as the text of an object, Hugging Face's templates want the object.
    private static JsonNode? Arguments(RecordReader turn, string field, JsonElement arguments)
    {
        if (arguments.ValueKind != JsonValueKind.String) return JsonValue(arguments);
        var text = turn.AsText(field, arguments);
        if (string.IsNullOrWhiteSpace(text)) return new JsonObject();
        var value = turn.Parse($"{field}.arguments", text);
        return value.ValueKind == JsonValueKind.Object
            ? JsonValue(turn.ForTemplate($"{field}.arguments", value))
            : throw turn.Wrong($"{field}.arguments", $"is the text of {RecordReader.Kind(value)}; it must be that of an object");
    }

    private static JsonObject Function(JsonNode function) => new() { ["type"] = "function", ["function"] = function };

    private static JsonNode JsonValue(JsonElement element) => JsonSerializer.SerializeToNode(element)!;
}
