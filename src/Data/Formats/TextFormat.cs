using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>Plain texts: <c>{"text"}</c>; also LMFlow's text_only.</summary>
internal sealed class TextFormat : IDatasetFormat
{
    public string Name => "text";

    public string Fields => "text";

    public bool Matches(JsonElement record, DatasetOptions options) => record.TryGetProperty(options.TextField ?? "text", out _);

    public Example Parse(RecordReader record, DatasetOptions options) => new() { Text = record.Text(options.TextField ?? "text") };
}
