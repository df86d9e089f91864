using System.Globalization;
using System.Text.Json;
using LisaOrleans.Model;

namespace LisaOrleans.Api;

/// <summary>
/// Reads the body of a request. A field that would change the answer and is not supported here is refused, never ignored; so is
/// a field that OpenAI does not know either.
/// </summary>
internal static class CompletionRequestReader
{
    private const int MaxChoices = 16;
    private const int MaxStops = 4;

    // OpenAI's default for texts; conversations have no default.
    private const int DefaultTextTokens = 16;

    private static readonly HashSet<string> s_unsupported =
    [
        "audio", "modalities", "prediction", "reasoning_effort", "verbosity", "web_search_options", "functions", "function_call",
        "top_logprobs", "suffix", "moderation",
    ];

    /// <exception cref="ApiException">The body is not such a request.</exception>
    public static CompletionRequest Read(JsonElement body, bool chat) => ReadFields(new RequestFields(body), chat);

    private static CompletionRequest ReadFields(RequestFields fields, bool chat)
    {
        var model = fields.Text("model");
        if (model.Length == 0) throw ApiException.Invalid("You must provide a model parameter.", "model");
        var seed = fields.Integer("seed", long.MinValue, long.MaxValue);
        var request = new CompletionRequest
        {
            Chat = chat,
            Model = model,
            Messages = chat ? ConversationReader.Read(fields.Require("messages"), "messages") : [],
            Tools = chat ? ToolsReader.Read(fields) : null,
            Prompts = chat ? [] : PromptReader.Read(fields.Require("prompt"), "prompt"),
            MaxTokens = MaxTokens(fields, chat),
            N = (int)(fields.Integer("n", 1, MaxChoices) ?? 1),
            Stop = Stop(fields),
            Stream = fields.Flag("stream"),
            IncludeUsage = IncludeUsage(fields),
            HasSeed = seed is not null,
            Sampling = new GenerationOptions
            {
                Temperature = fields.Number("temperature", 0, 2, 1),
                TopP = fields.Number("top_p", 0, 1, 1),
                FrequencyPenalty = fields.Number("frequency_penalty", -2, 2, 0),
                PresencePenalty = fields.Number("presence_penalty", -2, 2, 0),
                LogitBias = LogitBias(fields),
                Seed = unchecked((ulong)(seed ?? Random.Shared.NextInt64())),
            },
        };
        if (fields.Find("stream_options") is not null && !request.Stream)
            throw ApiException.Invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", "invalid_value");

        fields.RejectUnless("logprobs", v => v.ValueKind == JsonValueKind.False);
        fields.RejectUnless("response_format", v => v.ValueKind == JsonValueKind.Object
            && v.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "text");
        fields.RejectUnless("store", v => v.ValueKind == JsonValueKind.False);
        if (!chat)
        {
            fields.RejectUnless("echo", v => v.ValueKind == JsonValueKind.False);
            fields.RejectUnless("best_of", v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var best) && best == request.N);
        }

        fields.Ignore(
            "user", "metadata", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention");
        fields.RejectOthers(s_unsupported);
        return request;
    }

    private static int? MaxTokens(RequestFields fields, bool chat)
    {
        var tokens = fields.Integer("max_tokens", 1, int.MaxValue);
        if (!chat) return (int)(tokens ?? DefaultTextTokens);
        var completion = fields.Integer("max_completion_tokens", 1, int.MaxValue);
        return tokens is null || completion is null
            ? (int?)(completion ?? tokens)
            : throw ApiException.Invalid(
                "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens", "invalid_parameter_combination");
    }

    private static string[] Stop(RequestFields fields)
    {
        if (fields.Find("stop") is not { } value) return [];
        if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
            throw RequestFields.WrongType("stop", "a string or an array of strings", value);
        string[] stops = value.ValueKind == JsonValueKind.String
            ? [value.GetString()!]
            : [.. value.EnumerateArray().Select((v, i) => RequestFields.Text(v, $"stop[{i}]"))];
        if (stops.Length > MaxStops) throw RequestFields.Wrong("stop", $"at most {MaxStops} sequences, but got {stops.Length}.");
        return stops.Any(s => s.Length == 0) ? throw RequestFields.Wrong("stop", "a sequence must not be empty.") : stops;
    }

    private static bool IncludeUsage(RequestFields fields)
    {
        if (fields.Find("stream_options") is not { } value) return false;
        var options = new RequestFields(value, "stream_options");
        var include = options.Flag("include_usage");

        // Padding against eavesdroppers; the text is the same without it.
        options.Ignore("include_obfuscation");
        options.RejectOthers(s_unsupported);
        return include;
    }

    private static Dictionary<int, double> LogitBias(RequestFields fields)
    {
        if (fields.Find("logit_bias") is not { } value) return [];
        var bias = new RequestFields(value, "logit_bias");
        return value.EnumerateObject().ToDictionary(
            p => int.TryParse(p.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && p.Name == id.ToString(CultureInfo.InvariantCulture)
                ? id
                : throw RequestFields.Wrong("logit_bias", "its names must be token ids."),
            p => bias.Number(p.Name, -100, 100, 0));
    }
}
