using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.Data;

/// <summary>Reads one turn of a conversation, with either spelling of its fields: role and content, or from and value.</summary>
internal static class Turn
{
    private const string Reads = "a turn has role, content, weight, train, tool_calls, tool_call_id, name, reasoning_content, thinking";

    // What templates read of a turn besides its role and content.
    private static readonly string[] s_forTemplates = ["tool_call_id", "tool_name", "name", "reasoning_content", "reasoning", "thinking"];

    public static ChatMessage Read(RecordReader turn)
    {
        var roleField = turn.Has("role") || !turn.Has("from") ? "role" : "from";
        var contentField = turn.Has("content") || !turn.Has("value") ? "content" : "value";
        var name = turn.Text(roleField);
        var role = TurnRole.Of(name)
            ?? throw turn.Wrong(roleField, $"is '{name}'; it must be system, developer, user, assistant or tool");
        var calls = ToolCalls.Read(turn);
        var extras = s_forTemplates.Where(f => turn.Optional(f) is not null).ToArray();
        var content = Content(turn, contentField, mayBeMissing: calls is not null);
        var spelled = content;
        if (role == TurnRole.FunctionCall)
        {
            role = TurnTemplate.Assistant;

            // Templates without a form for calls write the text of the data set.
            if (calls is null && (calls = ToolCalls.FromText(turn, contentField, content!)) is not null) spelled = "";
        }

        if (calls is not null && role != TurnTemplate.Assistant)
            throw turn.Wrong("tool_calls", $"stands in a turn of role '{role}'; only the assistant calls tools");
        var weight = Weight(turn);
        var message = new ChatMessage(role, content ?? "")
        {
            Train = Train(turn, weight),
            Weight = weight is > 0 ? weight.Value : 1,
            Fields = calls is null && extras.Length == 0 ? null : Fields(turn, role, spelled, calls, extras),
        };
        turn.Policy.Check(turn, Reads, isTurn: true);
        return message;
    }

    private static JsonElement Fields(RecordReader turn, string role, string? content, JsonArray? calls, string[] extras)
    {
        var fields = new JsonObject { ["role"] = role };
        if (content is not null || turn.Has("content")) fields["content"] = content;
        if (calls is not null) fields["tool_calls"] = calls;
        foreach (var extra in extras) fields[extra] = JsonSerializer.SerializeToNode(turn.ForTemplate(extra, turn.Optional(extra)!.Value));
        return JsonSerializer.SerializeToElement(fields);
    }

    private static string? Content(RecordReader turn, string field, bool mayBeMissing)
    {
        if (mayBeMissing && turn.Optional(field) is null) return null;
        if (turn.Optional(field) is not { ValueKind: JsonValueKind.Array } parts) return turn.Text(field);
        return string.Concat(parts.EnumerateArray().Select((part, i) => PartText(turn, $"{field}[{i}]", part)));
    }

    private static string PartText(RecordReader turn, string place, JsonElement part)
    {
        if (part.ValueKind == JsonValueKind.String) return turn.AsText(place, part);
        if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type))
            throw turn.Wrong(place, "must be a part {\"type\": \"text\", \"text\": …}");
        if (type.ValueKind != JsonValueKind.String || !type.ValueEquals("text"))
            throw turn.Wrong(place, $"is a part of type {type.GetRawText()}; only parts of text can be learned");
        foreach (var property in part.EnumerateObject())
        {
            if (property.Name is not ("type" or "text") && property.Value.ValueKind != JsonValueKind.Null && !turn.Policy.Hides(property.Name))
                throw turn.Wrong(place, $"has a field '{property.Name}', which is not used; a part of text has type and text");
        }

        return part.TryGetProperty("text", out var text) ? turn.AsText($"{place}.text", text) : throw turn.Wrong(place, "has no field 'text'");
    }

    private static float? Weight(RecordReader turn) =>
        turn.OptionalWeight("weight") is { } weight && weight is not (0 or 1) && turn.Policy.WholeWeights is { } reason
            ? throw turn.Wrong("weight", $"is {weight:R}; with {reason}, it must be 0 (context only) or 1 (learned)")
            : turn.OptionalWeight("weight");

    // Of OpenAI's weight, axolotl's train and ms-swift's loss each says whether a turn is learned.
    private static bool? Train(RecordReader turn, float? weight)
    {
        bool? isLearned = weight is null ? null : weight > 0;
        var flags = new[] { isLearned, turn.OptionalFlag("train"), turn.OptionalFlag("loss") }.Where(f => f is not null).Distinct().ToArray();
        return flags.Length <= 1 ? flags.FirstOrDefault() : throw turn.Wrong("train", "contradicts weight or loss; one of them is enough");
    }
}
