using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.Api;

/// <summary>OpenAI's objects for the answers to one request.</summary>
internal sealed class CompletionJson(CompletionRequest request, string version, DateTimeOffset now)
{
    // The answers are not part of a web page, so only what JSON itself requires is escaped.
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _id = (request.Chat ? "chatcmpl-" : "cmpl-")
        + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 29);
    private readonly string _fingerprint = "fp_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(version)))[..10];

    /// <summary>UTF-8 of an object.</summary>
    public static byte[] Bytes(JsonObject json) => JsonSerializer.SerializeToUtf8Bytes(json, s_options);

    /// <summary>The whole answer.</summary>
    /// <param name="choices">All choices.</param>
    /// <param name="usage">Tokens.</param>
    public JsonObject Whole(IEnumerable<CompletionChoice> choices, CompletionUsage usage)
    {
        var json = Head(request.Chat ? "chat.completion" : "text_completion", choices.Select((c, i) => Choice(
            i,
            request.Chat ? ("message", Message(c)) : ("text", c.Text),
            c.FinishReason)));
        json["usage"] = Usage(usage);
        return json;
    }

    /// <summary>The beginning of a choice in a streamed conversation.</summary>
    public JsonObject First(int index) =>
        Chunk(Choice(index, ("delta", new JsonObject { ["role"] = "assistant", ["content"] = "", ["refusal"] = null }), null));

    /// <summary>A piece of a stream.</summary>
    public JsonObject Next(int index, string text) =>
        Chunk(Choice(index, request.Chat ? ("delta", new JsonObject { ["content"] = text }) : ("text", text), null));

    /// <summary>A whole call in a stream.</summary>
    /// <param name="index">The choice that it belongs to.</param>
    /// <param name="position">Which of the choice's calls it is.</param>
    /// <param name="call">The call.</param>
    public JsonObject Next(int index, int position, ToolCall call)
    {
        var json = Call(call);
        json.Insert(0, "index", position);
        return Chunk(Choice(index, ("delta", new JsonObject { ["tool_calls"] = new JsonArray(json) }), null));
    }

    /// <summary>The end of a choice of a stream.</summary>
    public JsonObject Last(int index, string finishReason) =>
        Chunk(Choice(index, request.Chat ? ("delta", new JsonObject()) : ("text", ""), finishReason));

    /// <summary>The end of a stream with <c>include_usage</c>.</summary>
    public JsonObject Total(CompletionUsage usage)
    {
        var json = Head(request.Chat ? "chat.completion.chunk" : "text_completion", []);
        json["usage"] = Usage(usage);
        return json;
    }

    private static JsonObject Message(CompletionChoice choice)
    {
        var message = new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = choice is { Calls: not null, Text: "" } ? null : choice.Text,
            ["refusal"] = null,
        };
        if (choice.Calls is { } calls) message["tool_calls"] = new JsonArray([.. calls.Select(Call)]);
        return message;
    }

    private static JsonObject Call(ToolCall call) => new()
    {
        ["id"] = call.Id,
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments },
    };

    private static JsonObject Choice(int index, (string Name, JsonNode Value) content, string? finishReason) => new()
    {
        ["index"] = index,
        [content.Name] = content.Value,
        ["logprobs"] = null,
        ["finish_reason"] = finishReason,
    };

    private static JsonObject Usage(CompletionUsage usage) => new()
    {
        ["prompt_tokens"] = usage.PromptTokens,
        ["completion_tokens"] = usage.CompletionTokens,
        ["total_tokens"] = usage.PromptTokens + usage.CompletionTokens,
    };

    private JsonObject Chunk(JsonObject choice)
    {
        var json = Head(request.Chat ? "chat.completion.chunk" : "text_completion", [choice]);
        if (request.IncludeUsage) json["usage"] = null;
        return json;
    }

    private JsonObject Head(string kind, IEnumerable<JsonObject> choices) => new()
    {
        ["id"] = _id,
        ["object"] = kind,
        ["created"] = now.ToUnixTimeSeconds(),
        ["model"] = request.Model,
        ["system_fingerprint"] = _fingerprint,
        ["choices"] = new JsonArray([.. choices]),
    };
}
