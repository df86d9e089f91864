using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>OpenAI's <c>{"messages": [{"role", "content"}]}</c>; also LMFlow's conversation, with its system message beside.</summary>
internal sealed class MessagesFormat : IDatasetFormat
{
    public string Name => "messages";

    public string Fields => "messages";

    public bool Matches(JsonElement record, DatasetOptions options) => record.TryGetProperty("messages", out _);

    public Example Parse(RecordReader record, DatasetOptions options) => Conversation.Parse(record, "messages", "role", "content");
}
