namespace LisaOrleans.Data;

/// <summary>LMFlow's text2text: <c>{"input", "output"}</c>.</summary>
internal sealed class InputOutputFormat : IDatasetFormat
{
    public string Name => "text2text";

    public string Fields => $"input, output, {Conversation.ReadsBeside}";

    public bool Matches(RecordReader record, DatasetSettings settings) =>
        record.Has("input") && record.Has("output") && !record.Has("instruction");

    public Example Parse(RecordReader record, DatasetSettings settings) =>
        PromptTurns.Parse(record, "input", "output");
}
