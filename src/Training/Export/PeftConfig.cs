using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>adapter_config.json, as PEFT's LoraConfig writes and reads it.</summary>
internal static class PeftConfig
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file of a run's adapters.</summary>
    /// <param name="lora">The adapters.</param>
    /// <param name="config">The model that they are for.</param>
    /// <param name="names">How its folder names its tensors.</param>
    /// <param name="baseModel">Its folder, or its name on Hugging Face's hub.</param>
    public static byte[] Write(LoraOptions lora, ModelConfig config, TensorNames names, string baseModel)
    {
        var maps = Enumerable.Range(0, config.NumHiddenLayers).SelectMany(i => lora.Targets(config, i)).ToArray();

        // A vision tower has modules with the same last pieces, which PEFT would give adapters, too.
        var modules = AdapterFiles.IsOfMultimodal(names) ? maps.Select(t => t.Map.Name) : lora.ModuleNames(config);
        return JsonSerializer.SerializeToUtf8Bytes(
            new JsonObject
            {
                ["peft_type"] = "LORA",
                ["task_type"] = "CAUSAL_LM",
                ["base_model_name_or_path"] = baseModel,
                ["revision"] = null,
                ["inference_mode"] = true,
                ["r"] = lora.Rank,
                ["lora_alpha"] = Number(lora.Alpha),
                ["lora_dropout"] = lora.Dropout,
                ["use_rslora"] = lora.UseRslora,
                ["use_dora"] = lora.UseDora,
                ["target_modules"] = Array(modules.Select(Loaded)),
                ["layers_to_transform"] = lora.LayersToTransform.Count == 0 ? null : Array(lora.LayersToTransform),
                ["layers_pattern"] = null,
                ["rank_pattern"] = new JsonObject(lora.RankPattern.Select(p => KeyValuePair.Create(Loaded(p.Key), (JsonNode?)p.Value))),
                ["alpha_pattern"] = new JsonObject(lora.AlphaPattern.Select(p => KeyValuePair.Create(Loaded(p.Key), (JsonNode?)Number(p.Value)))),
                ["fan_in_fan_out"] = maps.Any(t => t.Map.Transposed),
                ["bias"] = "none",
                ["modules_to_save"] = null,
                ["init_lora_weights"] = true,
            },
            s_json);

        string Loaded(string name) => AdapterFiles.ModuleName(names, name);

        static JsonArray Array<T>(IEnumerable<T> values) => [.. values.Select(v => JsonValue.Create(v))];

        // As people write it: 16, not 16.0.
        static JsonValue Number(double value) => value == Math.Floor(value) && value < long.MaxValue
            ? JsonValue.Create((long)value)
            : JsonValue.Create(value);
    }

    /// <summary>Reads a file; fields that old versions of PEFT do not write have PEFT's defaults.</summary>
    /// <exception cref="InvalidDataFileException">It is of another kind of adapter, or needs what is not supported; the field is named.</exception>
    public static LoraOptions Read(string path)
    {
        using var document = Parse(path);
        return new PeftConfigFields(path, document.RootElement).Read();
    }

    /// <summary>The model that a file's adapter is for.</summary>
    /// <exception cref="InvalidDataFileException">It does not say.</exception>
    public static string ReadBaseModel(string path)
    {
        using var document = Parse(path);
        return new PeftConfigFields(path, document.RootElement).BaseModel;
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            throw new InvalidDataFileException(path, "must be a JSON object");
        }
        catch (JsonException e)
        {
            throw new InvalidDataFileException(path, JsonFault.Describe(e));
        }
    }
}
