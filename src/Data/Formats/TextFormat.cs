namespace LisaOrleans.Data;

/// <summary>Plain texts: <c>{"text"}</c>; also LMFlow's text_only.</summary>
internal sealed class TextFormat : IDatasetFormat
{
    /// <summary>Its name.</summary>
    public const string FormatName = "text";

    public string Name => FormatName;

    public string Fields => "text";

    public bool Matches(RecordReader record, DatasetSettings settings) => record.Has("text");

    public Example Parse(RecordReader record, DatasetSettings settings) => new() { Text = record.Text(settings.TextField ?? "text") };
}
