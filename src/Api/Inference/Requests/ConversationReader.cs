using System.Text.Json;
using LisaOrleans.Data;

namespace LisaOrleans.Api;

/// <summary>Reads <c>messages</c>: texts by system, developer, user and assistant.</summary>
internal static class ConversationReader
{
    private const int MaxMessages = 2048;

    private static readonly string[] s_roles = ["system", "developer", "user", "assistant"];
    private static readonly HashSet<string> s_unsupported = ["name", "tool_calls", "tool_call_id", "function_call", "audio", "refusal"];
    private static readonly HashSet<string> s_none = [];

    public static IReadOnlyList<ChatMessage> Read(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Array) throw RequestFields.WrongType(path, "an array of objects", value);
        if (value.GetArrayLength() is 0 or > MaxMessages)
            throw ApiException.Invalid(
                $"Invalid '{path}': from 1 to {MaxMessages} messages, but got {value.GetArrayLength()}.", path, "invalid_array_length");
        return [.. value.EnumerateArray().Select((m, i) => Message(m, $"{path}[{i}]"))];
    }

    private static ChatMessage Message(JsonElement value, string path)
    {
        var fields = new RequestFields(value, path);
        var role = fields.Text("role");
        if (role is "tool" or "function") throw RequestFields.Unsupported(fields.Path("role"), $"'{role}' is not supported by this server.");
        if (!s_roles.Contains(role)) throw RequestFields.Wrong(fields.Path("role"), $"must be one of {string.Join(", ", s_roles)}.");
        var content = Content(fields.Require("content"), fields.Path("content"));

        // What the SDKs send back of an answer.
        fields.RejectUnless("annotations", v => v.ValueKind == JsonValueKind.Array && v.GetArrayLength() == 0);
        fields.RejectOthers(s_unsupported);
        return new ChatMessage(role == "developer" ? "system" : role, content);
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
        fields.RejectOthers(s_none);
        return text;
    }
}
