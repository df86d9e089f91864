using System.Globalization;
using System.Text.Json;

namespace LisaOrleans.Model;

/// <summary>
/// The fields of a config.json. Strict about every field that is read, because it decides a shape or a number, and a native
/// library must never see an unchecked one. Notes which fields were read, so that none is silently ignored.
/// </summary>
internal sealed class ConfigFields
{
    /// <value>Most decoder layers. Plans sum over them, so this bounds the time that a stranger's file can cost.</value>
    public const int MostLayers = 10_000;

    // Far above any real model, far below what overflows a product of two of them.
    public const int Largest = 1 << 24;

    private const string Tied = "tie_word_embeddings";

    private static readonly string[] s_ofTheWhole = ["torch_dtype", "dtype", "eos_token_id", Tied, "quantization_config"];

    private readonly string _file;
    private readonly JsonElement _root;
    private readonly JsonElement? _whole;
    private readonly HashSet<string> _read = [];
    private readonly Dictionary<string, int> _defaults = [];

    /// <param name="file">Its name in messages.</param>
    /// <param name="modelType">The family's model_type.</param>
    /// <param name="root">The object with the fields.</param>
    /// <param name="whole">Where that is the <c>text_config</c> of a multimodal model: the object around it.</param>
    public ConfigFields(string file, string modelType, JsonElement root, JsonElement? whole)
    {
        (_file, ModelType, _root, _whole) = (file, modelType, root, whole);
        _read.Add("model_type");
    }

    public string ModelType { get; }

    /// <summary>Whether a run has begun with them: what only newer builds refuse is then as it was.</summary>
    public bool IsOfRun { get; init; }

    /// <summary>Whether they belong to the text model inside a multimodal one.</summary>
    public bool IsOfMultimodal => _whole is not null;

    /// <summary>Every field, read or not.</summary>
    public IEnumerable<JsonProperty> All => _root.EnumerateObject();

    public bool WasRead(string name) => _read.Contains(name);

    /// <summary>Whether a field is there and not null; it counts as read.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Whether a field is there, even if it is null; it counts as read. For fields whose null is not their default.</summary>
    public bool States(string name) => Has(name) || _root.TryGetProperty(name, out _);

    /// <summary>Fields that Hugging Face's class of this family writes and does not use.</summary>
    public void LetPass(params string[] names) => _read.UnionWith(names);

    /// <summary>The value that Hugging Face's class of this family gives a count that is missing; null where it gives none.</summary>
    public int? DefaultOf(string name) => _defaults.TryGetValue(name, out var count) ? count : null;

    /// <summary>The same fields, with the values that Hugging Face's class of this family gives missing counts.</summary>
    public ConfigFields WithDefaults(params (string Name, int Count)[] defaults)
    {
        foreach (var (name, count) in defaults) _defaults[name] = count;
        return this;
    }

    /// <summary>Refuses any value of a field except the one that switches off a feature which is not implemented.</summary>
    public void Is(string name, int value)
    {
        if (Find(name) is { } found && Whole(found, value, value) is null)
            throw Wrong(name, $"is {Shorten(found)}; only {value} is implemented");
    }

    /// <summary>A field, which counts as read; null where it is missing or null.</summary>
    public JsonElement? Find(string name)
    {
        _read.Add(name);
        return Peek(name);
    }

    /// <summary>The same, but it does not count as read.</summary>
    public JsonElement? Peek(string name)
    {
        var value = Stated(_root);
        if (_whole is not { } whole || !s_ofTheWhole.Contains(name)) return value;
        var outside = Stated(whole);

        // Of transformers' releases, some go by the one and some by the other. Where only the outer one is true, that may be its class's default.
        if (name == Tied && !IsOfRun && value is { ValueKind: JsonValueKind.True } && outside is { ValueKind: JsonValueKind.False })
            throw Wrong($"{ModelConfigReader.TextConfig}.{name}", $"is true, and {name} outside of it false; they must agree");

        return value ?? outside;

        JsonElement? Stated(JsonElement fields) =>
            fields.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null ? found : null;
    }

    public string? Text(string name) =>
        Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong(name, "must be a text");

    public bool Flag(string name, bool otherwise) => Find(name) is not { } value ? otherwise : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, "must be true or false"),
    };

    public int Count(string name, int? otherwise = null, int most = Largest)
    {
        if (Find(name) is not { } value)
            return DefaultOf(name) ?? otherwise ?? throw Wrong(name, "is missing; a positive whole number is needed");
        return Whole(value, 1, most) ?? throw Wrong(name, $"is {Shorten(value)}; it must be a whole number from 1 to {most}");
    }

    /// <summary>A count; null where the field is null, and Hugging Face's default where the field is missing.</summary>
    public int? CountOrNull(string name, int? missing) => Has(name) ? Count(name) : States(name) ? null : DefaultOf(name) ?? missing;

    public int WholeFrom0(string name, int otherwise) =>
        Find(name) is not { } value ? otherwise
        : Whole(value, 0, Largest) ?? throw Wrong(name, $"is {Shorten(value)}; it must be a whole number from 0 to {Largest}");

    public double Number(string name, double otherwise, double above) => Find(name) is { } value ? Above(name, value, above) : otherwise;

    /// <summary>A number above 0; null where the field is missing.</summary>
    public double? OptionalNumber(string name) => Find(name) is { } value ? Above(name, value, 0) : null;

    /// <summary>A list of whole numbers, 0 or more; empty where the field is missing.</summary>
    public IReadOnlyList<int> WholeNumbers(string name)
    {
        if (Find(name) is not { } value) return [];
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(name, "must be a list of whole numbers");
        return [.. value.EnumerateArray().Select(i =>
            Whole(i, 0, int.MaxValue) ?? throw Wrong(name, $"holds {Shorten(i)}; whole numbers from 0 are needed"))];
    }

    public int[] TokenIds(string name)
    {
        if (Find(name) is not { } value) return [];
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value];
        return [.. items.Select(i => Whole(i, 0, int.MaxValue) ?? throw Wrong(name, "must be a token id or a list of them"))];
    }

    /// <summary>The row of the embedding that pad_token_id names; null for none. torch's Embedding counts from the end below 0.</summary>
    /// <param name="rows">Rows of the embedding.</param>
    /// <param name="missing">Hugging Face's default where the field is missing.</param>
    public int? PaddingRow(int rows, int? missing)
    {
        const string Name = "pad_token_id";
        var id = missing;
        if (States(Name)) id = Find(Name) is { } value ? Whole(value, int.MinValue, int.MaxValue) ?? Unreadable(value) : null;
        var row = id < 0 ? id + rows : id;

        // No token has another row; torch refuses the number.
        return row >= 0 && row < rows ? row : null;

        int? Unreadable(JsonElement value) =>
            IsOfRun ? null : throw Wrong(Name, $"is {Shorten(value)}; it must be a token id or null");
    }

    public Activation Activation(string name, Activation otherwise)
    {
        if (Text(name) is not { } text) return otherwise;
        return Activations.Find(text) ?? throw Wrong(name, $"is '{text}'; supported are {string.Join(", ", Activations.Names)}");
    }

    /// <summary>For each layer one of the given choices; null where the field is missing.</summary>
    public IReadOnlyList<string>? ForEachLayer(string name, int layers, params string[] choices)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != layers)
            throw Wrong(name, $"must be a list with one text for each of the {layers} layers");
        return [.. value.EnumerateArray().Select(e =>
            e.ValueKind == JsonValueKind.String && choices.Contains(e.GetString())
                ? e.GetString()!
                : throw Wrong(name, $"holds {Shorten(e)}; supported here are {string.Join(", ", choices)}"))];
    }

    /// <summary>A whole number within bounds, else null.</summary>
    public static int? Whole(JsonElement value, int least, int most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most ? number : null;

    /// <summary>A finite number above a bound.</summary>
    public double Above(string name, JsonElement value, double above) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) && number > above
            ? number
            : throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"is {Shorten(value)}; it must be a number above {above}"));

    public ModelConfigException Wrong(string field, string problem) => new(_file, $"field '{field}' {problem}");

    public static string Shorten(JsonElement value) =>
        value.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : value.GetRawText();
}
