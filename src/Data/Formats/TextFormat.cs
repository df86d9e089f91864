namespace LisaOrleans.Data;

/// <summary>Plain texts: <c>{"text"}</c>; also LMFlow's text_only.</summary>
internal sealed class TextFormat : IDatasetFormat
{
    public string Name => "text";

    public string Fields => "text";

    public bool Matches(RecordReader record, DatasetOptions options) => record.Has(options.TextField ?? "text");

    public Example Parse(RecordReader record, DatasetOptions options) => new() { Text = record.Text(options.TextField ?? "text") };
}
