using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>A record and where it stands, for clear errors.</summary>
internal sealed class RecordReader(string file, string place, JsonElement record)
{
    public JsonElement Element => record;

    /// <summary>A text that must be there.</summary>
    public string Text(string field) => record.TryGetProperty(field, out var value)
        ? value.ValueKind == JsonValueKind.String ? Unescape(field, value) : throw Wrong(field, $"is {Kind(value)}; it must be a text")
        : throw Wrong(field, $"is missing; the record has {Names()}");

    /// <summary>A text that may be missing or null.</summary>
    public string? OptionalText(string field) =>
        record.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? Text(field) : null;

    /// <summary>A list of objects.</summary>
    public IReadOnlyList<RecordReader> List(string field)
    {
        if (!record.TryGetProperty(field, out var value)) throw Wrong(field, $"is missing; the record has {Names()}");
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0) throw Wrong(field, "must be a list with at least one entry");
        return [.. value.EnumerateArray().Select((item, i) => item.ValueKind == JsonValueKind.Object
            ? new RecordReader(file, $"{place}: {field}[{i}]", item)
            : throw Wrong($"{field}[{i}]", $"is {Kind(item)}; it must be an object"))];
    }

    public DatasetException Wrong(string field, string problem) => new($"{file}: {place}: field '{field}' {problem}");

    public DatasetException Wrong(string problem) => new($"{file}: {place}: {problem}");

    private string Unescape(string field, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Valid JSON can write one half of a surrogate pair as an escape, but that is no text.
            throw Wrong(field, "holds half a character: an escaped surrogate without its other half");
        }
    }

    private string Names() => string.Join(", ", record.EnumerateObject().Select(p => $"'{p.Name}'").DefaultIfEmpty("no fields"));

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        _ => "a text",
    };
}
