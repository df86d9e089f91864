using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>A record, or an object in it, and where it stands, for clear errors. It knows which of its fields were read.</summary>
internal sealed class RecordReader(string file, string place, JsonElement record, FieldPolicy policy)
{
    private readonly List<string> _read = [];

    public JsonElement Element => record;

    public FieldPolicy Policy => policy;

    public bool Has(string field) => record.TryGetProperty(field, out _) && !policy.Hides(field);

    /// <summary>A value that may be missing or null.</summary>
    public JsonElement? Optional(string field)
    {
        _read.Add(field);
        return record.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null && !policy.Hides(field) ? value : null;
    }

    /// <summary>A text that must be there.</summary>
    public string Text(string field)
    {
        _read.Add(field);
        return Has(field)
            ? AsText(field, record.GetProperty(field))
            : throw Wrong(field, $"is missing; the record has {Names()}");
    }

    /// <summary>A text that may be missing or null.</summary>
    public string? OptionalText(string field) => Optional(field) is { } value ? AsText(field, value) : null;

    /// <summary>True, false or missing, as an empty text is.</summary>
    public bool? OptionalFlag(string field) => OptionalValue(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,

        // A CSV file has texts only.
        { ValueKind: JsonValueKind.String } text when bool.TryParse(AsText(field, text), out var flag) => flag,
        { } other => throw Wrong(field, $"is {Shown(field, other)}; it must be true or false"),
    };

    /// <summary>How much something counts in the loss, at least 0; null where that is missing, null or an empty text.</summary>
    public float? OptionalWeight(string field) => OptionalValue(field) is { } value ? AsWeight(field, value) : null;

    /// <summary>A number that says how much something counts in the loss.</summary>
    public float AsWeight(string field, JsonElement value)
    {
        var number = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
        if (number == 0 || (number > 0 && float.IsNormal((float)number))) return (float)number;
        var problem = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Shown(field, value);
        throw Wrong(
            field, $"is {problem}; it must be 0 (context only), 1 (learned), or another positive number that float32 holds, such as 0.5 (counts half)");
    }

    /// <summary>A list that may be missing, null or empty; also as the text of a JSON list, as data sets of the hub have it.</summary>
    public JsonElement? OptionalList(string field)
    {
        if (Optional(field) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String)
        {
            var text = AsText(field, value);
            if (string.IsNullOrWhiteSpace(text)) return null;
            value = Parse(field, text);
            if (value.ValueKind == JsonValueKind.Null) return null;
        }

        if (value.ValueKind != JsonValueKind.Array) throw Wrong(field, $"is {Kind(value)}; it must be a list");
        return value.GetArrayLength() > 0 ? value : null;
    }

    /// <summary>A list of objects for a chat template, which may be missing, null or empty; each may be the text of one.</summary>
    public JsonElement? OptionalObjects(string field) => OptionalList(field) is { } list
        ? JsonSerializer.SerializeToElement(list.EnumerateArray().Select((item, i) => ForTemplate($"{field}[{i}]", AsObject($"{field}[{i}]", item))))
        : null;

    /// <summary>An object, or the text of one.</summary>
    public JsonElement AsObject(string field, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String) value = Parse(field, AsText(field, value));
        return value.ValueKind == JsonValueKind.Object ? value : throw Wrong(field, $"is {Kind(value)}; it must be an object");
    }

    /// <summary>A value of any kind that a chat template gets as it is, once each text in it is known to be whole.</summary>
    public JsonElement ForTemplate(string field, JsonElement value)
    {
        var number = 0;
        if (value.ValueKind == JsonValueKind.String) AsText(field, value);
        if (value.ValueKind == JsonValueKind.Object) foreach (var member in value.EnumerateObject()) ForTemplate($"{field}.{member.Name}", member.Value);
        if (value.ValueKind == JsonValueKind.Array) foreach (var item in value.EnumerateArray()) ForTemplate($"{field}[{number++}]", item);
        return value;
    }

    /// <summary>A list of objects, at least one.</summary>
    public IReadOnlyList<RecordReader> List(string field)
    {
        if (!Has(field)) throw Wrong(field, $"is missing; the record has {Names()}");
        _read.Add(field);
        var value = record.GetProperty(field);
        if (value.ValueKind == JsonValueKind.String && AsText(field, value) is ['[', ..] text) value = Parse(field, text);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0) throw Wrong(field, "must be a list with at least one entry");
        return [.. value.EnumerateArray().Select((item, i) => item.ValueKind == JsonValueKind.Object
            ? new RecordReader(file, $"{place}: {field}[{i}]", item, policy)
            : throw Wrong($"{field}[{i}]", $"is {Kind(item)}; it must be an object"))];
    }

    /// <summary>An object in it.</summary>
    public RecordReader Inner(string field, JsonElement value) => new(file, $"{place}: {field}", value, policy);

    /// <summary>Fields that nobody asked for.</summary>
    public IEnumerable<JsonProperty> Unread() => record.EnumerateObject().Where(p => !_read.Contains(p.Name) && !policy.Hides(p.Name));

    public DatasetException Wrong(string field, string problem) => new($"{file}: {place}: field '{field}' {problem}");

    public DatasetException Wrong(string problem) => new($"{file}: {place}: {problem}");

    /// <summary>A text out of the record, wherever it stands.</summary>
    public string AsText(string field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) throw Wrong(field, $"is {Kind(value)}; it must be a text");
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

    /// <summary>The JSON that a text holds.</summary>
    public JsonElement Parse(string field, string text)
    {
        try
        {
            return JsonElement.Parse(text, JsonText.Strict);
        }
        catch (Exception e) when (JsonText.IsInvalid(e))
        {
            throw Wrong(field, $"is a text which {JsonFault.Problem(e)}{JsonFault.InLine(e)}");
        }
    }

    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        _ => "a text",
    };

    // In a CSV file, that is what a cell without a value holds.
    private JsonElement? OptionalValue(string field) =>
        Optional(field) is { } value && !(value.ValueKind == JsonValueKind.String && value.ValueEquals("")) ? value : null;

    private string Shown(string field, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? $"the text '{AsText(field, value)}'" : Kind(value);

    private string Names() => string.Join(", ", record.EnumerateObject().Select(p => $"'{p.Name}'").DefaultIfEmpty("no fields"));
}
