using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>ShareGPT's <c>{"conversations": [{"from", "value"}]}</c>; the turns may be spelled as role and content.</summary>
internal sealed class ShareGptFormat : IDatasetFormat
{
    public string Name => "sharegpt";

    public string Fields => $"conversations, {Conversation.ReadsBeside}";

    public bool Matches(JsonElement record, DatasetOptions options) => List(record) is not null;

    public Example Parse(RecordReader record, DatasetOptions options) => Conversation.Parse(record, List(record.Element) ?? "conversations");

    private static string? List(JsonElement record) =>
        record.TryGetProperty("conversations", out _) ? "conversations" : record.TryGetProperty("conversation", out _) ? "conversation" : null;
}
