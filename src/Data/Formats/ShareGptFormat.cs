using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>ShareGPT's <c>{"conversations": [{"from", "value"}]}</c>.</summary>
internal sealed class ShareGptFormat : IDatasetFormat
{
    public string Name => "sharegpt";

    public string Fields => "conversations";

    public bool Matches(JsonElement record, DatasetOptions options) => record.TryGetProperty("conversations", out _);

    public Example Parse(RecordReader record, DatasetOptions options) => Conversation.Parse(record, "conversations", "from", "value");
}
