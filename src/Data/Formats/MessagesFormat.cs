using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>OpenAI's <c>{"messages": [{"role", "content"}]}</c>; also LMFlow's conversation, with its system message beside it.</summary>
internal sealed class MessagesFormat : IDatasetFormat
{
    public string Name => "messages";

    public string Fields => $"messages, {Conversation.ReadsBeside}";

    public bool Matches(RecordReader record, DatasetSettings settings) => record.Has("messages");

    public Example Parse(RecordReader record, DatasetSettings settings)
    {
        var example = Conversation.Parse(record, "messages");

        // Data sets of the hub repeat the first question beside the conversation; any other prompt is a field that is not used.
        if (record.Has("prompt") && record.Element.GetProperty("prompt") is { ValueKind: JsonValueKind.String } prompt
            && example.Messages.FirstOrDefault(m => m.Role == TurnRole.User)?.Content == record.AsText("prompt", prompt))
            _ = record.Optional("prompt");
        return example;
    }
}
