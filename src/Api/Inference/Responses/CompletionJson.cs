using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.Api;

/// <summary>OpenAI's objects for the answers to one request.</summary>
internal sealed class CompletionJson(CompletionRequest request, string version, DateTimeOffset now)
{
    // The answers are no part of a page, so only what JSON itself asks for is escaped.
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _id = (request.Chat ? "chatcmpl-" : "cmpl-")
        + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 29);
    private readonly string _fingerprint = "fp_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(version)))[..10];

    /// <summary>UTF-8 of an object.</summary>
    public static byte[] Bytes(JsonObject json) => JsonSerializer.SerializeToUtf8Bytes(json, s_options);

    /// <summary>The whole answer.</summary>
    /// <param name="choices">Text and finish reason of each.</param>
    /// <param name="usage">Tokens.</param>
    public JsonObject Whole(IEnumerable<(string Text, string FinishReason)> choices, CompletionUsage usage)
    {
        var json = Head(request.Chat ? "chat.completion" : "text_completion", choices.Select((c, i) => Choice(
            i,
            request.Chat ? ("message", new JsonObject { ["role"] = "assistant", ["content"] = c.Text, ["refusal"] = null }) : ("text", c.Text),
            c.FinishReason)));
        json["usage"] = Usage(usage);
        return json;
    }

    /// <summary>What a choice of a streamed conversation begins with.</summary>
    public JsonObject First(int index) =>
        Chunk(Choice(index, ("delta", new JsonObject { ["role"] = "assistant", ["content"] = "", ["refusal"] = null }), null));

    /// <summary>A piece of a stream.</summary>
    public JsonObject Next(int index, string text) =>
        Chunk(Choice(index, request.Chat ? ("delta", new JsonObject { ["content"] = text }) : ("text", text), null));

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
