using System.Globalization;
using System.Text.Json;

namespace LisaOrleans.Model;

/// <summary>
/// Reads Hugging Face's config.json. Strict about every field that decides a shape or a number: a native library never
/// sees an unchecked one. Fields that do not concern the architecture are ignored, as everywhere.
/// </summary>
public sealed class ModelConfigReader
{
    // Far above any real model, far below what overflows a product of two of them.
    private const int Largest = 1 << 24;

    private static readonly string[] s_modelTypes = ["llama", "mistral", "qwen2"];

    private readonly string _file;
    private readonly JsonElement _root;

    private ModelConfigReader(string file, JsonElement root) => (_file, _root) = (file, root);

    /// <summary>Reads a file.</summary>
    /// <exception cref="ModelConfigException">It is missing or wrong.</exception>
    public static ModelConfig ReadFile(string path)
    {
        if (!File.Exists(path))
            throw new ModelConfigException(path, "no such file; a Hugging Face model folder has a config.json");

        return Parse(File.ReadAllText(path), path);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="json">The content of a config.json.</param>
    /// <param name="file">What messages call it.</param>
    /// <exception cref="ModelConfigException">It is wrong.</exception>
    public static ModelConfig Parse(string json, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new ModelConfigException(file, "must be a JSON object");

            return new ModelConfigReader(file, document.RootElement).Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair.
            throw new ModelConfigException(file, $"is not valid JSON: {e.Message}");
        }
    }

    private ModelConfig Read()
    {
        var type = Text("model_type") ?? throw Wrong("model_type", $"is missing; one of {string.Join(", ", s_modelTypes)}");
        if (!s_modelTypes.Contains(type))
            throw Wrong("model_type", $"is '{type}'; supported are {string.Join(", ", s_modelTypes)}");

        var activation = Text("hidden_act") ?? "silu";
        if (activation is not ("silu" or "swish")) throw Wrong("hidden_act", $"is '{activation}'; supported is silu");

        var hidden = Count("hidden_size");
        var heads = Count("num_attention_heads");
        var keyValueHeads = Count("num_key_value_heads", heads);
        if (heads % keyValueHeads != 0)
            throw Wrong("num_key_value_heads", $"is {keyValueHeads}; it must divide num_attention_heads, {heads}");
        if (!Has("head_dim") && hidden % heads != 0)
            throw Wrong("hidden_size", $"is {hidden}; without head_dim it must be a multiple of num_attention_heads, {heads}");

        var headDim = Count("head_dim", hidden / heads);
        if (headDim == 0 || headDim % 2 != 0) throw Wrong("head_dim", $"is {headDim}; rotary embeddings need an even number");

        var attentionBias = Flag("attention_bias", type == "qwen2");
        var slides = type == "mistral" || (type == "qwen2" && Flag("use_sliding_window", false));

        return new ModelConfig
        {
            ModelType = type,
            HiddenSize = hidden,
            IntermediateSize = Count("intermediate_size"),
            NumHiddenLayers = Count("num_hidden_layers"),
            NumAttentionHeads = heads,
            NumKeyValueHeads = keyValueHeads,
            HeadDim = headDim,
            VocabSize = Count("vocab_size"),
            MaxPositionEmbeddings = Count("max_position_embeddings", type == "llama" ? 2048 : 32768),
            RmsNormEps = Number("rms_norm_eps", 1e-6, above: 0),
            RopeTheta = RopeTheta(),
            RopeScaling = ReadRopeScaling(),
            TieWordEmbeddings = Flag("tie_word_embeddings", false),
            QkvBias = attentionBias,
            OutputBias = attentionBias && type != "qwen2",
            MlpBias = Flag("mlp_bias", false),
            SlidingWindow = slides && Has("sliding_window") ? Count("sliding_window") : null,
            TorchDtype = Text("torch_dtype") ?? Text("dtype"),
            EosTokenIds = EosTokenIds(),
        };
    }

    // transformers 5 moved theta and scaling together into rope_parameters.
    private JsonElement? RopeObject()
    {
        foreach (var name in new[] { "rope_parameters", "rope_scaling" })
        {
            if (!Has(name)) continue;
            var value = _root.GetProperty(name);
            return value.ValueKind == JsonValueKind.Object ? value : throw Wrong(name, "must be an object or null");
        }

        return null;
    }

    private double RopeTheta() =>
        !Has("rope_theta") && RopeObject() is { } rope && rope.TryGetProperty("rope_theta", out _)
            ? Nested(rope, "rope_theta", above: 0)
            : Number("rope_theta", 10000, above: 0);

    private RopeScaling? ReadRopeScaling()
    {
        if (RopeObject() is not { } rope) return null;
        var kind = rope.TryGetProperty("rope_type", out var name) || rope.TryGetProperty("type", out name)
            ? name.ValueKind == JsonValueKind.String ? name.GetString() : null
            : "default";

        return kind switch
        {
            "default" => null,
            "linear" => new LinearRopeScaling(Nested(rope, "factor", above: 0)),
            "llama3" => Llama3(rope),
            _ => throw Wrong("rope_scaling.rope_type", $"is {kind ?? "no text"}; supported are default, linear, llama3"),
        };
    }

    private Llama3RopeScaling Llama3(JsonElement rope)
    {
        var low = Nested(rope, "low_freq_factor", above: 0);
        var high = Nested(rope, "high_freq_factor", above: 0);
        if (high <= low) throw Wrong("rope_scaling.high_freq_factor", $"is {high}; it must be above low_freq_factor, {low}");
        var original = Nested(rope, "original_max_position_embeddings", above: 0);
        return new Llama3RopeScaling(Nested(rope, "factor", above: 0), low, high, (int)Math.Min(original, Largest));
    }

    private int[] EosTokenIds()
    {
        if (!Has("eos_token_id")) return [];
        var value = _root.GetProperty("eos_token_id");
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value];
        return [.. items.Select(i => i.ValueKind == JsonValueKind.Number && i.TryGetInt32(out var id) && id >= 0
            ? id
            : throw Wrong("eos_token_id", "must be a token id or a list of them"))];
    }

    private bool Has(string name) => _root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private string? Text(string name) =>
        !Has(name) ? null
        : _root.GetProperty(name) is { ValueKind: JsonValueKind.String } value ? value.GetString()
        : throw Wrong(name, "must be a text");

    private bool Flag(string name, bool otherwise) =>
        !Has(name) ? otherwise
        : _root.GetProperty(name).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, "must be true or false"),
        };

    private int Count(string name, int? otherwise = null)
    {
        if (!Has(name)) return otherwise ?? throw Wrong(name, "is missing; a positive whole number is needed");
        var value = _root.GetProperty(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count is > 0 and <= Largest
            ? count
            : throw Wrong(name, $"is {Shorten(value)}; it must be a whole number from 1 to {Largest}");
    }

    private double Number(string name, double otherwise, double above) =>
        Has(name) ? Positive(name, _root.GetProperty(name), above) : otherwise;

    private double Nested(JsonElement rope, string name, double above) =>
        rope.TryGetProperty(name, out var value)
            ? Positive("rope_scaling." + name, value, above)
            : throw Wrong("rope_scaling." + name, "is missing");

    private double Positive(string name, JsonElement value, double above) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) && number > above
            ? number
            : throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"is {Shorten(value)}; it must be a number above {above}"));

    private static string Shorten(JsonElement value) =>
        value.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : value.GetRawText();

    private ModelConfigException Wrong(string field, string problem) => new(_file, $"field '{field}' {problem}");
}
