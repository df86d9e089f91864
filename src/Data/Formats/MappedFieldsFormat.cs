namespace LisaOrleans.Data;

/// <summary>Any two fields, named by --prompt-field and --completion-field (GSM8K: question and answer).</summary>
internal sealed class MappedFieldsFormat : IDatasetFormat
{
    public string Name => "fields";

    public string Fields => "--prompt-field, --completion-field";

    public bool Matches(RecordReader record, DatasetOptions options) => options.PromptField is not null || options.CompletionField is not null;

    public Example Parse(RecordReader record, DatasetOptions options) => Conversation.Beside(
        record,
        [.. PromptTurns.Read(record, options.PromptField ?? "prompt"), .. PromptTurns.Answer(record, options.CompletionField ?? "completion")],
        PromptTurns.IsList(record, options.CompletionField ?? "completion"));
}
