using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// The fields of adapter_config.json. What changes an adapter's arithmetic is read or refused by name; fields that are unknown must
/// be switched off.
/// </summary>
/// <param name="path">The file, for errors.</param>
/// <param name="root">Its content.</param>
internal sealed class PeftConfigFields(string path, JsonElement root)
{
    // What decides nothing once an adapter is trained, or what is told by the weights.
    private static readonly string[] s_harmless =
    [
        "peft_version", "auto_mapping", "base_model_name_or_path", "revision", "inference_mode", "fan_in_fan_out", "megatron_config",
        "megatron_core", "loftq_config", "eva_config", "corda_config", "lora_ga_config", "qalora_group_size", "runtime_config",
    ];

    // These begin with other adapters, but leave the model's weights as they are.
    private static readonly string[] s_plainStarts = ["gaussian", "eva", "orthogonal"];

    private readonly HashSet<string> _read = [.. s_harmless];

    /// <summary>The model that the adapters are for.</summary>
    /// <exception cref="InvalidDataFileException">They do not say.</exception>
    public string BaseModel => Text("base_model_name_or_path") ?? throw Wrong("base_model_name_or_path", "is missing");

    /// <summary>The adapters that they describe.</summary>
    /// <exception cref="InvalidDataFileException">They are not supported.</exception>
    public LoraOptions Read()
    {
        if (Text("peft_type") is var type && type != "LORA") throw Wrong("peft_type", $"is '{type}'; only LORA is supported");
        if (Text("task_type") is { } task && task != "CAUSAL_LM") throw Wrong("task_type", $"is '{task}'; it must be CAUSAL_LM");
        if (Text("bias") is { } bias && bias != "none") throw Wrong("bias", $"is '{bias}'; trained biases are not supported, only none");
        if (Find("init_lora_weights") is { ValueKind: JsonValueKind.String } start && !s_plainStarts.Contains(start.GetString()))
            throw Wrong("init_lora_weights", $"is '{start.GetString()}', which changes the model's own weights; that is not supported");
        var options = new LoraOptions
        {
            Rank = Whole("r", 8),
            Alpha = Number("lora_alpha", 8),
            Dropout = Number("lora_dropout", 0),
            UseRslora = Flag("use_rslora"),
            UseDora = Flag("use_dora"),
            TargetModules = Modules(),
            LayersToTransform = Layers(),
            RankPattern = Pattern("rank_pattern", Rank),
            AlphaPattern = Pattern("alpha_pattern", Real),
        };
        foreach (var other in root.EnumerateObject().Where(p => !_read.Contains(p.Name) && !IsOff(p.Value)))
            throw Wrong(other.Name, $"is {other.Value.GetRawText()}, which is not supported; it must be null or left out");
        return options;
    }

    private static bool IsOff(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.String => value.GetString()!.Length == 0,
        _ => false,
    };

    private JsonElement? Find(string name)
    {
        _read.Add(name);
        return root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private string? Text(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, $"is {value.GetRawText()}; it must be a text");

    private bool Flag(string name) => Find(name) is { } value
        && (value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "must be true or false"));

    private int Whole(string name, int otherwise) => Find(name) is { } value ? Rank(name, value) : otherwise;

    private double Number(string name, double otherwise) => Find(name) is { } value ? Real(name, value) : otherwise;

    private int Rank(string name, JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number > 0
        ? number : throw Wrong(name, $"is {value.GetRawText()}; it must be a whole number from 1");

    private double Real(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) && number >= 0
            ? number : throw Wrong(name, $"is {value.GetRawText()}; it must be a number of at least 0");

    private IReadOnlyList<string> Modules()
    {
        const string Name = "target_modules";
        var value = Find(Name);
        return value switch
        {
            null => [],
            { ValueKind: JsonValueKind.String } text when text.GetString() == LoraOptions.AllLinear => [LoraOptions.AllLinear],
            { ValueKind: JsonValueKind.String } text => throw Wrong(
                Name, $"is the regular expression '{text.GetString()}'; it must be a list of names, or {LoraOptions.AllLinear}"),
            { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) =>
                [.. list.EnumerateArray().Select(e => PeftNames.InFamily(e.GetString()!)).Distinct()],
            _ => throw Wrong(Name, "must be a list of names"),
        };
    }

    private int[] Layers()
    {
        const string Name = "layers_to_transform";
        if (Find(Name) is not { } value) return [];
        JsonElement[] layers = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return [.. layers.Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var layer) && layer >= 0
            ? layer : throw Wrong(Name, "must be a list of layers, from 0"))];
    }

    // PEFT takes the keys for the ends of regular expressions; names are all that people write.
    private Dictionary<string, T> Pattern<T>(string name, Func<string, JsonElement, T> read)
    {
        if (Find(name) is not { } value) return [];
        if (value.ValueKind != JsonValueKind.Object) throw Wrong(name, "must be an object from names of modules to numbers");
        foreach (var key in value.EnumerateObject().Select(p => p.Name))
        {
            if (!key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.'))
                throw Wrong(name, $"has the regular expression '{key}'; only names of modules are supported");
        }

        // Of two names of one module the first counts.
        return value.EnumerateObject().Select(p => (p.Name, Value: read($"{name}.{p.Name}", p.Value)))
            .DistinctBy(p => PeftNames.InFamily(p.Name)).ToDictionary(p => PeftNames.InFamily(p.Name), p => p.Value);
    }

    private InvalidDataFileException Wrong(string field, string problem) => new(path, $"field '{field}' {problem}");
}
