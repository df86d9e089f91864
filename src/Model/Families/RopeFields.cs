using System.Text.Json;

namespace LisaOrleans.Model;

/// <summary>
/// Reads the rotary embedding: transformers 4 writes rope_theta and rope_scaling; transformers 5 writes both together as
/// rope_parameters, with one object for each kind of layer in models that have two.
/// </summary>
internal sealed class RopeFields
{
    // The fields that Hugging Face's rope kinds know; a kind ignores those that it does not use.
    private static readonly string[] s_known =
    [
        "rope_type", "type", "rope_theta", "partial_rotary_factor", "factor", "original_max_position_embeddings", "low_freq_factor",
        "high_freq_factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate", "short_factor", "long_factor",
    ];

    // What says that frequencies are stretched, but not how.
    private static readonly string[] s_stretching =
        ["factor", "low_freq_factor", "high_freq_factor", "attention_factor", "beta_fast", "beta_slow", "short_factor", "long_factor"];

    private const string Name = "rope_parameters";
    private const string OlderName = "rope_scaling";
    private const string Kinds = "default, linear, llama3, dynamic, yarn, longrope";
    private const string Original = "original_max_position_embeddings";

    private readonly ConfigFields _json;
    private readonly string _name;
    private readonly JsonElement? _rope;
    private readonly int _positions;

    // Of the layers of which type, where there is an object for each; null where there is one for all.
    private readonly string? _layerType;

    /// <param name="json">The fields.</param>
    /// <param name="positions">The field max_position_embeddings.</param>
    /// <param name="layerType">Which object, where there is one for each type of layer.</param>
    /// <param name="others">Fields that the family reads itself.</param>
    public RopeFields(ConfigFields json, int positions, string layerType, string[]? others = null)
    {
        (_json, _positions, _name) = (json, positions, NameIn(json));
        if (json.Find(_name) is not { } value) return;
        if (value.ValueKind != JsonValueKind.Object) throw json.Wrong(_name, "must be an object or null");
        if (value.TryGetProperty(layerType, out var nested))
        {
            (_name, _layerType) = ($"{_name}.{layerType}", layerType);
            json.Find(_name);
            if (nested.ValueKind != JsonValueKind.Object) throw json.Wrong(_name, "must be an object");
            value = nested;
        }

        _rope = value;
        foreach (var field in value.EnumerateObject())
        {
            if (!s_known.Contains(field.Name) && others?.Contains(field.Name) != true && field.Value.ValueKind != JsonValueKind.Null)
                throw json.Wrong($"{_name}.{field.Name}", $"is {ConfigFields.Shorten(field.Value)}; this is not implemented");
        }
    }

    /// <summary>Which of its two names the object has.</summary>
    public static string NameIn(ConfigFields json) => json.Has(Name) ? Name : OlderName;

    /// <summary>Whether there is one object for each type of layer.</summary>
    public static bool IsForEachLayerType(ConfigFields json)
    {
        // Under the older name, older builds read that of the full layers only.
        var name = NameIn(json);
        return !(json.IsOfRun && name == OlderName)
            && json.Peek(name) is { ValueKind: JsonValueKind.Object } rope && rope.TryGetProperty(LayerTypes.Full, out _);
    }

    /// <summary>A field of the family's own, above 0; null where it is missing.</summary>
    public double? Number(string name) => Has(name) ? Above0(name) : null;

    /// <summary>Context length of pre-training, in tokens. Phi-3 has it among the model's own fields, with a default there.</summary>
    public int OriginalPositions()
    {
        if (!Has(Original)) return _json.Count(Original, _positions);
        var inside = (int)Math.Min(AtLeast1(Original), ConfigFields.Largest);
        if (_json.Has(Original))
        {
            return _json.Count(Original, _positions) is var beside && (beside == inside || _json.IsOfRun)
                ? beside
                : throw _json.Wrong($"{_name}.{Original}", $"is {inside}, and {Original} outside of it {beside}; they must agree");
        }

        return _json.DefaultOf(Original) is { } outside && outside != inside
            ? throw _json.Wrong(
                $"{_name}.{Original}", $"is {inside}, but this family reads the field {Original} of the model, which is missing and means {outside}")
            : inside;
    }

    private string? Kind => Has("rope_type") ? Text("rope_type") : Has("type") ? Text("type") : "default";

    /// <summary>
    /// Base of the frequencies. Where each type of layer has an object, a number outside of them is only what is missing in that of the full
    /// ones, as in Hugging Face's classes. Where there is one object, transformers 4 reads the number outside and 5 the one inside, so that
    /// they must agree.
    /// </summary>
    /// <param name="otherwise">The value where there is no such field.</param>
    public double Theta(double otherwise)
    {
        const string Field = "rope_theta";
        var outside = _json.OptionalNumber(Field);
        if (!Has(Field)) return _layerType is null or LayerTypes.Full ? outside ?? otherwise : otherwise;
        var inside = Above0(Field);
        return _layerType is null && outside is { } other && other != inside
            ? throw _json.Wrong($"{_name}.{Field}", $"is {inside}, and {Field} outside of it {other}; they must agree")
            : inside;
    }

    /// <summary>Share of a head's numbers that turn.</summary>
    /// <param name="otherwise">The value where there is no such field; null where the family has none, so that it must be 1.</param>
    public double PartialFactor(double? otherwise)
    {
        const string Field = "partial_rotary_factor";
        var inside = Has(Field);
        var name = inside ? $"{_name}.{Field}" : Field;
        if (otherwise is not { } share) return !inside || Above0(Field) == 1 ? 1 : throw _json.Wrong(name, "must be 1 in this family");
        var outside = _json.OptionalNumber(Field);
        var factor = inside ? Above0(Field) : outside ?? share;
        if (outside is { } other && other != factor)
            throw _json.Wrong(name, $"is {factor}, and {Field} outside of it {other}; they must agree");
        return factor <= 1 ? factor : throw _json.Wrong(name, $"is {factor}; it must be at most 1");
    }

    /// <summary>How frequencies are stretched.</summary>
    /// <param name="dimensions">Numbers of a head that turn.</param>
    public RopeScaling? Scaling(int dimensions)
    {
        if (!_json.IsOfRun && !Has("rope_type") && !Has("type") && s_stretching.FirstOrDefault(Has) is { } stretching)
            throw _json.Wrong($"{_name}.rope_type", $"is missing, beside {stretching}; supported are {Kinds}");
        return Kind switch
        {
            "default" => null,
            "linear" => new LinearRopeScaling(Above0("factor")),
            "llama3" => Llama3(),
            "dynamic" => new DynamicRopeScaling(AtLeast1("factor"), _positions),
            "yarn" => Yarn(),
            "longrope" or "su" => LongRope(dimensions),
            _ => throw _json.Wrong(
                $"{_name}.rope_type", $"is {Kind ?? "no text"}; supported are {Kinds}"),
        };
    }

    private Llama3RopeScaling Llama3()
    {
        var (low, high) = (Above0("low_freq_factor"), Above0("high_freq_factor"));
        if (high <= low) throw _json.Wrong($"{_name}.high_freq_factor", $"is {high}; it must be above low_freq_factor, {low}");

        // Here it has no default. Older builds knew only the one inside.
        var inside = (int)Math.Min(Above0(Original), ConfigFields.Largest);
        return new Llama3RopeScaling(Above0("factor"), low, high, _json.IsOfRun ? inside : OriginalPositions());
    }

    private YarnRopeScaling Yarn()
    {
        double original = OriginalPositions();
        var factor = Has("original_max_position_embeddings") && !Has("factor") ? _positions / original : AtLeast1("factor");
        var (fast, slow) = (Above0Or("beta_fast", 32), Above0Or("beta_slow", 1));
        if (fast <= slow) throw _json.Wrong($"{_name}.beta_fast", $"is {fast}; it must be above beta_slow, {slow}");
        var attention = Has("attention_factor") ? Above0("attention_factor")
            : Has("mscale") && Has("mscale_all_dim")
                ? YarnRopeScaling.Magnitude(factor, Above0("mscale")) / YarnRopeScaling.Magnitude(factor, Above0("mscale_all_dim"))
                : YarnRopeScaling.Magnitude(factor);
        var truncate = !Has("truncate") || Field("truncate").ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw _json.Wrong($"{_name}.truncate", "must be true or false"),
        };
        return new YarnRopeScaling(factor, original, fast, slow, truncate, attention);
    }

    private LongRopeScaling LongRope(int dimensions)
    {
        double original = OriginalPositions();
        var outside = _json.Has(Original) || _json.DefaultOf(Original) is not null;
        var ratio = _positions / original;
        var factor = !outside && Has("factor") ? AtLeast1("factor") : ratio;

        // transformers 4 goes by the ratio, 5 by the factor.
        if (outside && !_json.IsOfRun && !Has("attention_factor") && Has("factor") && AtLeast1("factor") is var stated && stated != ratio)
        {
            throw _json.Wrong(
                $"{_name}.factor",
                $"is {stated}, and max_position_embeddings / {Original} {ratio}; they must agree, or attention_factor must be there");
        }

        var attention = Has("attention_factor") ? Above0("attention_factor")
            : factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original)));
        return new LongRopeScaling(Factors("short_factor", dimensions / 2), Factors("long_factor", dimensions / 2), (int)original, attention);
    }

    private double[] Factors(string name, int count)
    {
        var value = Has(name) ? Field(name) : throw Missing(name);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != count)
            throw _json.Wrong($"{_name}.{name}", $"must be a list of {count} numbers, one for each pair of dimensions that turns");
        return [.. value.EnumerateArray().Select(e => _json.Above($"{_name}.{name}", e, 0))];
    }

    private bool Has(string name) => _rope is { } rope && rope.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private JsonElement Field(string name) => _rope!.Value.GetProperty(name);

    private string? Text(string name) => Field(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private double Above0Or(string name, double otherwise) => Has(name) ? Above0(name) : otherwise;

    private double Above0(string name) =>
        Has(name) ? _json.Above($"{_name}.{name}", Field(name), 0) : throw Missing(name);

    private ModelConfigException Missing(string name) => _json.Wrong($"{_name}.{name}", $"is missing; a rope of type {Kind} needs it");

    private double AtLeast1(string name) => Above0(name) is >= 1 and var number
        ? number
        : throw _json.Wrong($"{_name}.{name}", $"is {ConfigFields.Shorten(Field(name))}; it must be at least 1");
}
