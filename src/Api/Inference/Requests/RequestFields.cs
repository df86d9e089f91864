using System.Globalization;
using System.Text.Json;

namespace LisaOrleans.Api;

/// <summary>
/// The fields of a JSON object from a caller, read by name, with OpenAI's error for each way in which a field can be wrong. A
/// null counts as absent. Every field must be asked for before <see cref="RejectOthers"/>.
/// </summary>
internal sealed class RequestFields
{
    private readonly Dictionary<string, JsonElement> _fields;
    private readonly HashSet<string> _known = [];
    private readonly string _prefix;

    /// <param name="element">The value, which should be an object.</param>
    /// <param name="path">Its path in the body; empty for the whole body.</param>
    public RequestFields(JsonElement element, string path = "")
    {
        if (element.ValueKind != JsonValueKind.Object) throw WrongType(path.Length == 0 ? "body" : path, "an object", element);
        _prefix = path.Length == 0 ? "" : path + ".";
        _fields = element.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
    }

    public static ApiException WrongType(string path, string expected, JsonElement element) => ApiException.Invalid(
        $"Invalid type for '{path}': expected {expected}, but got {Kind(element)} instead.", path, "invalid_type");

    public static ApiException Wrong(string path, string problem) => ApiException.Invalid($"Invalid '{path}': {problem}", path, "invalid_value");

    public static ApiException Unsupported(string path, string problem) =>
        ApiException.Invalid($"Unsupported parameter: '{path}' {problem}", path, "unsupported_parameter");

    public string Path(string name) => _prefix + name;

    /// <summary>A field's value, or null.</summary>
    public JsonElement? Find(string name)
    {
        _known.Add(name);
        return _fields.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public JsonElement Require(string name) => Find(name) ?? throw ApiException.Missing(Path(name));

    public string Text(string name) => Text(Require(name), Path(name));

    public static string Text(JsonElement value, string path) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw WrongType(path, "a string", value);

    /// <summary>Reads every text of a value, because parsing does not check them.</summary>
    /// <exception cref="InvalidOperationException">One is not valid text: an escaped half of a surrogate pair.</exception>
    public static JsonElement WithTexts(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                value.GetString();
                break;

            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) WithTexts(item);
                break;

            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject()) _ = (property.Name, WithTexts(property.Value));
                break;
        }

        return value;
    }

    public bool Flag(string name) => Find(name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw WrongType(Path(name), "a boolean", other),
    };

    public double Number(string name, double low, double high, double fallback)
    {
        if (Find(name) is not { } value) return fallback;
        if (value.ValueKind != JsonValueKind.Number) throw WrongType(Path(name), "a decimal", value);
        var number = value.GetDouble();
        if (number >= low && number <= high) return number;
        var (what, code) = number < low ? ("below minimum", "decimal_below_min_value") : ("above maximum", "decimal_above_max_value");
        throw ApiException.Invalid(string.Create(
            CultureInfo.InvariantCulture,
            $"Invalid '{Path(name)}': decimal {what} value. Expected a value from {low} to {high}, but got {value.GetRawText()} instead."),
            Path(name), code);
    }

    public long? Integer(string name, long low, long high)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number)) throw WrongType(Path(name), "an integer", value);
        if (number >= low && number <= high) return number;
        var (what, code) = number < low ? ("below minimum", "integer_below_min_value") : ("above maximum", "integer_above_max_value");
        throw ApiException.Invalid(
            $"Invalid '{Path(name)}': integer {what} value. Expected a value from {low} to {high}, but got {number} instead.", Path(name), code);
    }

    /// <summary>Refuses a field that would change the answer, unless its value is harmless.</summary>
    public void RejectUnless(string name, Func<JsonElement, bool> harmless)
    {
        if (Find(name) is { } value && !harmless(value)) throw Unsupported(Path(name), "is not supported by this server with this value.");
    }

    /// <summary>Accepts fields that change nothing here.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names) _known.Add(name);
    }

    /// <summary>Refuses fields that are set and were not asked for.</summary>
    public void RejectOthers(IReadOnlySet<string> unsupported)
    {
        foreach (var (name, value) in _fields)
        {
            if (_known.Contains(name) || value.ValueKind == JsonValueKind.Null) continue;
            if (unsupported.Contains(name)) throw Unsupported(Path(name), "is not supported by this server.");
            throw Unknown(name);
        }
    }

    /// <summary>Refuses all fields that were not asked for, even if they are null.</summary>
    public void RejectUnknown()
    {
        if (_fields.Keys.FirstOrDefault(name => !_known.Contains(name)) is { } unknown) throw Unknown(unknown);
    }

    private ApiException Unknown(string name)
    {
        var path = Path(ApiText.Shorten(name));
        var meant = NearestName.Of(name, _known) is { } near ? $"; did you mean '{Path(near)}'?" : ".";
        return ApiException.Invalid($"Unknown parameter: '{path}'{meant}", path, "unknown_parameter");
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => element.TryGetInt64(out _) ? "an integer" : "a decimal",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
