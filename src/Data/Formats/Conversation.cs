namespace LisaOrleans.Data;

/// <summary>Reads lists of turns, whatever their fields are called.</summary>
internal static class Conversation
{
    public static Example Parse(RecordReader record, string list, string roleField, string contentField)
    {
        var messages = new List<ChatMessage>();
        if (record.OptionalText("system") is { Length: > 0 } system) messages.Add(new ChatMessage("system", system));
        foreach (var turn in record.List(list))
        {
            var role = turn.Text(roleField) switch
            {
                "system" => "system",
                "user" or "human" => "user",
                "assistant" or "gpt" or "model" => TurnTemplate.Assistant,
                "tool" or "function" or "observation" => "tool",
                var other => throw turn.Wrong(roleField, $"is '{other}'; it must be system, user, assistant or tool"),
            };
            messages.Add(new ChatMessage(role, turn.Text(contentField)));
        }

        return messages.Any(m => m.Role == TurnTemplate.Assistant)
            ? new Example { Messages = messages }
            : throw record.Wrong(list, "has no turn of the assistant, so there is nothing to learn");
    }
}
