using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>A value of a tokenizer's JSON file and its path in it, for clear errors.</summary>
internal sealed class JsonField(string file, string path, JsonElement value)
{
    // Far above any vocabulary.
    private const int LargestId = 1 << 24;

    public bool IsText => value.ValueKind == JsonValueKind.String;

    /// <summary>Reads a file; null where there is none.</summary>
    /// <exception cref="TokenizerException">It is no JSON object, or <paramref name="read"/> found something wrong.</exception>
    public static T? ReadFile<T>(string path, Func<JsonField, T> read)
        where T : class
    {
        if (!File.Exists(path)) return null;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? read(new JsonField(path, "", document.RootElement))
                : throw new TokenizerException(path, "must be a JSON object");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair.
            throw new TokenizerException(path, $"is not valid JSON: {e.Message}");
        }
    }

    /// <summary>A member; null if it is missing or null.</summary>
    public JsonField? Optional(string name) =>
        Object().TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
            ? new JsonField(file, Path(name), member)
            : null;

    public JsonField Required(string name) =>
        Optional(name) ?? throw new TokenizerException(file, $"field '{Path(name)}' is missing");

    public IEnumerable<(string Name, JsonField Value)> Members() =>
        Object().EnumerateObject().Select(m => (m.Name, new JsonField(file, Path(m.Name), m.Value)));

    public IEnumerable<JsonField> Items() => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray().Select((item, i) => new JsonField(file, $"{path}[{i}]", item))
        : throw Wrong("must be a list");

    public string Text() => IsText ? value.GetString()! : throw Wrong("must be a text");

    public bool Flag() => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong("must be true or false");

    public int Id() => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) && id is >= 0 and < LargestId
        ? id
        : throw Wrong($"must be a token id from 0 to {LargestId - 1}");

    public bool IsZero() => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number == 0;

    public TokenizerException Wrong(string problem) => new(file, path.Length == 0 ? problem : $"field '{path}' {problem}");

    /// <summary>The kind of a part is one that is not read.</summary>
    public TokenizerException Unsupported(string kind, params ReadOnlySpan<string> supported) =>
        Wrong($"is '{kind}'; supported: {string.Join(", ", supported)}");

    private JsonElement Object() => value.ValueKind == JsonValueKind.Object ? value : throw Wrong("must be an object");

    private string Path(string member) => path.Length == 0 ? member : $"{path}.{member}";
}
