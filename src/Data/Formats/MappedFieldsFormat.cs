namespace LisaOrleans.Data;

/// <summary>Any two fields, named by --prompt-field and --completion-field (GSM8K: question and answer).</summary>
internal sealed class MappedFieldsFormat : IDatasetFormat
{
    /// <summary>Its name.</summary>
    public const string FormatName = "fields";

    public string Name => FormatName;

    public string Fields => "--prompt-field, --completion-field";

    public bool Matches(RecordReader record, DatasetSettings settings) => settings.PromptField is not null || settings.CompletionField is not null;

    public Example Parse(RecordReader record, DatasetSettings settings) =>
        PromptTurns.Parse(record, settings.PromptField ?? "prompt", settings.CompletionField ?? "completion");
}
