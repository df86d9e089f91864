namespace LisaOrleans.Data;

/// <summary>ShareGPT's <c>{"conversations": [{"from", "value"}]}</c>; the turns may be spelled as role and content.</summary>
internal sealed class ShareGptFormat : IDatasetFormat
{
    public string Name => "sharegpt";

    public string Fields => $"conversations, {Conversation.ReadsBeside}";

    public bool Matches(RecordReader record, DatasetSettings settings) => List(record) is not null;

    public Example Parse(RecordReader record, DatasetSettings settings) => Conversation.Parse(record, List(record) ?? "conversations");

    private static string? List(RecordReader record) =>
        record.Has("conversations") ? "conversations" : record.Has("conversation") ? "conversation" : null;
}
