using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Data;

namespace LisaOrleans.Api;

/// <summary>Reads <c>messages</c>: texts from system, developer, user and assistant, calls of tools, and their results.</summary>
internal static class ConversationReader
{
    private const int MaxMessages = 2048;
    private const string Assistant = "assistant";
    private const string Tool = "tool";

    private static readonly string[] s_roles = ["system", "developer", "user", Assistant, Tool];
    private static readonly HashSet<string> s_unsupported = ["name", "tool_calls", "tool_call_id", "function_call", "audio", "refusal"];
    private static readonly HashSet<string> s_none = [];

    // Not as deep as a body may be, because the arguments are nested within a message.
    private static readonly JsonDocumentOptions s_arguments = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    public static IReadOnlyList<ChatMessage> Read(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Array) throw RequestFields.WrongType(path, "an array of objects", value);
        if (value.GetArrayLength() is 0 or > MaxMessages)
            throw ApiException.Invalid(
                $"Invalid '{path}': from 1 to {MaxMessages} messages, but got {value.GetArrayLength()}.", path, "invalid_array_length");
        var called = new Dictionary<string, string>();
        return [.. value.EnumerateArray().Select((m, i) => Message(m, $"{path}[{i}]", called))];
    }

    // Remembers the function that each call's id belongs to, so that a result can name both.
    private static ChatMessage Message(JsonElement value, string path, Dictionary<string, string> called)
    {
        var fields = new RequestFields(value, path);
        var role = fields.Text("role");
        if (role == "function") throw RequestFields.Unsupported(fields.Path("role"), $"'{role}' is not supported by this server; use '{Tool}'.");
        if (!s_roles.Contains(role)) throw RequestFields.Wrong(fields.Path("role"), $"must be one of {string.Join(", ", s_roles)}.");
        var calls = role == Assistant ? Calls(fields, called) : null;
        var content = calls is not null && fields.Find("content") is null ? null : Content(fields.Require("content"), fields.Path("content"));
        var result = role == Tool ? Result(fields, called) : null;

        // Fields of an answer that the SDKs send back.
        fields.RejectUnless("annotations", v => v.ValueKind == JsonValueKind.Array && v.GetArrayLength() == 0);
        fields.RejectOthers(s_unsupported);
        var name = role == "developer" ? "system" : role;
        var message = new ChatMessage(name, content ?? "");
        if (calls is null && result is null) return message;
        var turn = new JsonObject { ["role"] = name, ["content"] = content };
        if (calls is not null) turn["tool_calls"] = calls;
        if (result is { } id) (turn["tool_call_id"], turn["name"]) = (id, called[id]);
        return message with { Fields = JsonSerializer.SerializeToElement(turn) };
    }

    private static string Result(RequestFields fields, Dictionary<string, string> called)
    {
        var id = fields.Text("tool_call_id");
        return called.ContainsKey(id)
            ? id
            : throw RequestFields.Wrong(
                fields.Path("tool_call_id"), "a message of role 'tool' must answer one of the 'tool_calls' of a message before it.");
    }

    // In the form that templates take: arguments are an object, which OpenAI sends as text.
    private static JsonArray? Calls(RequestFields fields, Dictionary<string, string> called)
    {
        if (fields.Find("tool_calls") is not { } calls) return null;
        var path = fields.Path("tool_calls");
        if (calls.ValueKind != JsonValueKind.Array) throw RequestFields.WrongType(path, "an array of objects", calls);
        if (calls.GetArrayLength() == 0) throw ApiException.Invalid($"Invalid '{path}': it is empty.", path, "empty_array");
        return [.. calls.EnumerateArray().Select((call, i) => Call(new RequestFields(call, $"{path}[{i}]"), called))];
    }

    private static JsonObject Call(RequestFields call, Dictionary<string, string> called)
    {
        var id = call.Text("id");
        if (call.Text("type") is not "function" and var type)
            throw RequestFields.Unsupported(call.Path("type"), $"'{ApiText.Shorten(type)}' is not supported by this server; only function is.");
        var function = new RequestFields(call.Require("function"), call.Path("function"));
        var (name, arguments) = (function.Text("name"), Arguments(function));
        function.RejectOthers(s_none);
        call.Ignore("index");
        call.RejectOthers(s_none);
        called[id] = name;
        return new JsonObject
        {
            ["id"] = id,
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = name, ["arguments"] = arguments },
        };
    }

    private static JsonNode Arguments(RequestFields function)
    {
        var text = function.Text("arguments");
        try
        {
            var value = JsonElement.Parse(text.Length == 0 ? "{}" : text, s_arguments);
            if (value.ValueKind == JsonValueKind.Object) return JsonObject.Create(RequestFields.WithTexts(value))!;
            throw new JsonException();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw RequestFields.Wrong(function.Path("arguments"), "it must be the text of a JSON object.");
        }
    }

    private static string Content(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.String) return value.GetString()!;
        if (value.ValueKind != JsonValueKind.Array) throw RequestFields.WrongType(path, "a string or an array of objects", value);
        return string.Concat(value.EnumerateArray().Select((part, i) => Part(part, $"{path}[{i}]")));
    }

    private static string Part(JsonElement value, string path)
    {
        var fields = new RequestFields(value, path);
        if (fields.Text("type") is not "text" and var type)
            throw RequestFields.Unsupported(fields.Path("type"), $"'{type}' is not supported by this server; only text is.");
        var text = fields.Text("text");
        fields.Ignore("prompt_cache_breakpoint");
        fields.RejectOthers(s_none);
        return text;
    }
}
