using System.Globalization;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>A small random model with everything that can differ between families switched by a flag.</summary>
internal static class TinyModel
{
    public static readonly AdamW AdamW = new(0.9, 0.999, 1e-8, 0.1);

    public static PartDtypes Float32 { get; } = PartDtypes.Parse("float32", "float32");

    public static DecoderConfig Config(
        bool tied = false, bool bias = false, int layers = 3, int? padding = null) => (DecoderConfig)ModelConfigReader.Parse(
        $$"""
        {
          "model_type": "{{(bias ? "qwen2" : "llama")}}", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": {{layers}},
          "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "vocab_size": 29, "max_position_embeddings": 32,
          "rms_norm_eps": 1e-5, "rope_theta": 10000, "tie_word_embeddings": {{(tied ? "true" : "false")}},
          "pad_token_id": {{padding?.ToString(CultureInfo.InvariantCulture) ?? "null"}}
        }
        """,
        "config.json");

    /// <summary>Random weights, the same for the same seed; the caller owns them.</summary>
    public static Dictionary<string, Tensor> Weights(ModelConfig config, int seed = 1, ScalarType dtype = ScalarType.Float32)
    {
        using var generator = new Generator((ulong)seed);
        return config.AllSpecs().ToDictionary(s => s.Name, s =>
        {
            using var noise = randn([.. s.Shape], generator: generator);
            using var value = s.Name.Contains("norm", StringComparison.Ordinal) ? noise.Times(0.1).Plus(1) : noise.Times(0.3);
            return value.to(dtype, copy: true).DetachFromDisposeScope();
        });
    }

    public static Dictionary<string, Tensor> Clone(IReadOnlyDictionary<string, Tensor> weights) =>
        weights.ToDictionary(w => w.Key, w => w.Value.detach().clone());

    public static int[] Ids(ModelConfig config, int count, int seed) =>
        [.. Enumerable.Range(0, count).Select(i => (int)(((uint)(i * 7919) + ((uint)seed * 104729) + 13) % (uint)config.VocabSize))];
}
