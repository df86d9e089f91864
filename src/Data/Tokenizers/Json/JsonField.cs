using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>A value of a tokenizer's JSON file and its path in it, for clear errors.</summary>
internal sealed class JsonField(string file, JsonField? parent, string name, JsonElement value, int index = -1)
{
    /// <summary>Ids are below this, which is far above any vocabulary.</summary>
    public const int LargestId = 1 << 24;

    /// <summary>The file that it comes from.</summary>
    public string File => file;

    // Written only for errors: a vocabulary has a hundred thousand fields.
    private string Path => parent is null ? ""
        : index >= 0 ? $"{parent.Path}[{index}]"
        : parent.Path.Length == 0 ? name : $"{parent.Path}.{name}";

    public bool IsText => value.ValueKind == JsonValueKind.String;

    public bool IsList => value.ValueKind == JsonValueKind.Array;

    /// <summary>Reads a file; null where there is none.</summary>
    /// <exception cref="TokenizerException">It is not a JSON object, or <paramref name="read"/> found something wrong.</exception>
    public static T? ReadFile<T>(string path, Func<JsonField, T> read)
        where T : class
    {
        if (!System.IO.File.Exists(path)) return null;
        try
        {
            using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(path), JsonText.Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? read(new JsonField(path, null, "", document.RootElement))
                : throw new TokenizerException(path, "must be a JSON object");
        }
        catch (InvalidDataException e)
        {
            throw new TokenizerException(path, e.Message);
        }
        catch (Exception e) when (JsonText.IsInvalid(e))
        {
            throw new TokenizerException(path, JsonFault.Describe(e));
        }
    }

    /// <summary>A member; null if it is missing or null.</summary>
    public JsonField? Optional(string member) =>
        Object().TryGetProperty(member, out var found) && found.ValueKind != JsonValueKind.Null
            ? new JsonField(file, this, member, found)
            : null;

    /// <summary>Whether a member is there, and null.</summary>
    public bool IsNull(string member) => Object().TryGetProperty(member, out var found) && found.ValueKind == JsonValueKind.Null;

    public JsonField Required(string member) =>
        Optional(member)
        ?? throw new TokenizerException(file, $"field '{new JsonField(file, this, member, default).Path}' is missing");

    public IEnumerable<(string Name, JsonField Value)> Members() =>
        Object().EnumerateObject().Select(m => (m.Name, new JsonField(file, this, m.Name, m.Value)));

    public IEnumerable<JsonField> Items() => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray().Select((item, i) => new JsonField(file, this, "", item, i))
        : throw Wrong("must be a list");

    public string Text() => IsText ? value.GetString()! : throw Wrong("must be a text");

    /// <summary>A text of one character.</summary>
    public string Character() =>
        Text().EnumerateRunes().Take(2).Count() == 1 ? Text() : throw Wrong("must be one character");

    /// <summary>A text that is not empty.</summary>
    public string Word() => Text().Length > 0 ? Text() : throw Wrong("is empty");

    public double Number() =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Wrong("must be a number");

    /// <summary>Bytes written in Base64.</summary>
    public byte[] Bytes() =>
        IsText && value.TryGetBytesFromBase64(out var bytes) ? bytes : throw Wrong("must be bytes in Base64");

    public bool Flag() =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong("must be true or false");

    public int Id() => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) && id is >= 0 and < LargestId
        ? id
        : throw Wrong($"must be a token id from 0 to {LargestId - 1}");

    public bool IsZero() => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number == 0;

    public TokenizerException Wrong(string problem) => new(file, parent is null ? problem : $"field '{Path}' {problem}");

    /// <summary>The error for a part of a kind that is not supported.</summary>
    public TokenizerException Unsupported(string kind, params ReadOnlySpan<string> supported) =>
        Wrong($"is '{kind}'; supported: {string.Join(", ", supported)}");

    private JsonElement Object() => value.ValueKind == JsonValueKind.Object ? value : throw Wrong("must be an object");
}
