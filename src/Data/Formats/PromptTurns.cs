using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>A prompt and an answer to it, which are texts or lists of messages.</summary>
internal static class PromptTurns
{
    /// <summary>A record whose conversation is a prompt and its answer; a chat if either is a list.</summary>
    public static Example Parse(RecordReader record, string prompt, string answer) => Conversation.Beside(
        record, [.. Read(record, prompt), .. Answer(record, answer)], IsList(record, prompt) || IsList(record, answer));

    /// <summary>The turns of a prompt; none of them is learned.</summary>
    public static IEnumerable<ChatMessage> Read(RecordReader record, string field) => IsList(record, field)
        ? Conversation.Turns(record, field).Select(m => m.Role == TurnTemplate.Assistant ? m with { Train = false } : m)
        : [new ChatMessage(TurnRole.User, record.Text(field))];

    /// <summary>The turns of an answer.</summary>
    public static IEnumerable<ChatMessage> Answer(RecordReader record, string field)
    {
        if (!IsList(record, field)) return [new ChatMessage(TurnTemplate.Assistant, record.Text(field))];
        var turns = Conversation.Turns(record, field);
        return turns.Any(m => m.Role == TurnTemplate.Assistant)
            ? turns
            : throw record.Wrong(field, "has no turn of the assistant, so there is nothing to learn");
    }

    public static bool IsList(RecordReader record, string field) =>
        record.Element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Array
        && value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Object;
}
