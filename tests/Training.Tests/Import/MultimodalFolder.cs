using System.Text.Json.Nodes;
using LisaOrleans.Model;

namespace LisaOrleans.Tests;

/// <summary>A small Gemma 3 with a vision tower, as Hugging Face's Gemma3ForConditionalGeneration is saved.</summary>
internal static class MultimodalFolder
{
    public const string Processor = "preprocessor_config.json";

    private const string Text = "model.";

    public static JsonObject Config => JsonNode.Parse("""
        {
          "architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "dtype": "bfloat16", "eos_token_id": 2,
          "vision_config": {"model_type": "siglip_vision_model", "hidden_size": 8}, "mm_tokens_per_image": 4,
          "text_config": {
            "model_type": "gemma3_text", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 2,
            "head_dim": 8, "num_key_value_heads": 1, "vocab_size": 512, "max_position_embeddings": 64, "sliding_window": 8
          }
        }
        """)!.AsObject();

    /// <summary>All tensors of a folder.</summary>
    /// <param name="text">What the names of its text begin with.</param>
    /// <param name="vision">What those of its vision tower begin with.</param>
    public static List<RawTensor> Tensors(string text = "model.language_model.", string vision = "model.")
    {
        var random = new Random(3);
        return
        [
            .. Vision(vision, random),
            .. ModelConfigReader.Parse(Config.ToJsonString(), "config.json").AllSpecs().Select(s => RawTensor.BFloat16(
                s.Name.StartsWith(Text, StringComparison.Ordinal) ? text + s.Name[Text.Length..] : s.Name, [.. s.Shape],
                Enumerable.Range(0, (int)s.Count).Select(_ => 0.2 * (random.NextDouble() - 0.5)))),
        ];
    }

    public static bool IsVision(RawTensor tensor) =>
        tensor.Name.Contains("vision_tower.", StringComparison.Ordinal) || tensor.Name.Contains("multi_modal_projector.", StringComparison.Ordinal);

    public static void Write(string folder, IEnumerable<RawTensor> tensors, JsonObject? config = null)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "samples", "tiny-stories"), "token*"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(folder, "config.json"), (config ?? Config).ToJsonString());
        File.WriteAllText(Path.Combine(folder, Processor), """{"image_processor_type": "Gemma3ImageProcessor"}""");
        RawTensor.Write(Path.Combine(folder, "model.safetensors"), tensors);
    }

    /// <summary>A vision tower of several dtypes, none of which may change.</summary>
    public static IEnumerable<RawTensor> Vision(string prefix, Random random)
    {
        foreach (var (name, dtype, bytes, shape) in (List<(string, string, int, long[])>)
        [
            ("vision_tower.vision_model.embeddings.patch_embedding.weight", "F32", 4, [8, 3, 2, 2]),
            ("vision_tower.vision_model.embeddings.position_ids", "I64", 8, [1, 4]),
            ("vision_tower.vision_model.post_layernorm.bias", "BF16", 2, [8]),
            ("multi_modal_projector.mm_input_projection_weight", "F16", 2, [8, 16]),
        ])
        {
            var data = new byte[bytes * shape.Aggregate((a, b) => a * b)];
            random.NextBytes(data);
            yield return new RawTensor(prefix + name, dtype, shape, data);
        }
    }
}
