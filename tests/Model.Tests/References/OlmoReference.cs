using static LisaOrleans.Model.Tests.ReferenceBlocks;
using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// OLMo 2 (arXiv 2501.00656, section 2.1): norms of each block's output instead of its input, and of all queries and all keys
/// of a token together before heads turn. OLMo 3 has windows in three layers of four, and YaRN in the others only.
/// </summary>
internal static class OlmoReference
{
    private const int HeadDim = 6;
    private const int Layers = 4;
    private const double Epsilon = 1e-5;

    private const string Fields = """
        "hidden_size": 24, "intermediate_size": 20, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
        "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "hidden_act": "silu"
        """;

    private const string YarnFields = """
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8, "beta_fast": 1.0, "beta_slow": 0.25,
        "attention_factor": 1.25
        """;

    private static readonly double[] s_yarn = Yarn(50, HeadDim, 4, 8, 1, 0.25);

    public static Reference Olmo2 { get; } = new("olmo2 with biases", $$"""
        {
          "architectures": ["Olmo2ForCausalLM"], "model_type": "olmo2", {{Fields}}, "attention_bias": true, "rope_theta": 50.0,
          "rope_scaling": null, "tie_word_embeddings": false, "torch_dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, _ => int.MaxValue, _ => Frequencies(50, HeadDim), _ => 1));

    public static Reference Olmo2Tied { get; } = new("olmo2 in the layout of transformers 5, tied, with yarn", $$"""
        {
          "model_type": "olmo2", {{Fields}}, "tie_word_embeddings": true, "dtype": "float32",
          "rope_parameters": {"rope_theta": 50.0, {{YarnFields}}}
        }
        """, (w, ids) => Logits(w, ids, _ => int.MaxValue, _ => s_yarn, _ => 1.25));

    public static Reference Olmo3 { get; } = new("olmo3 with yarn where there is no window", $$"""
        {
          "architectures": ["Olmo3ForCausalLM"], "model_type": "olmo3", {{Fields}}, "attention_bias": true, "rope_theta": 50.0,
          "rope_scaling": { {{YarnFields}} }, "sliding_window": 4, "tie_word_embeddings": false, "torch_dtype": "float32"
        }
        """, (w, ids) => Olmo3Logits(w, ids, layer => layer != 3, 50));

    public static Reference Olmo3Typed { get; } = new("olmo3 in the layout of transformers 5", $$"""
        {
          "model_type": "olmo3", {{Fields}}, "sliding_window": 4, "dtype": "float32",
          "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
          "rope_parameters": {
            "full_attention": {"rope_theta": 50.0, {{YarnFields}}}, "sliding_attention": {"rope_type": "default", "rope_theta": 30.0}
          }
        }
        """, (w, ids) => Olmo3Logits(w, ids, layer => layer is 0 or 2, 30));

    private static double[][] Olmo3Logits(ReferenceWeights w, int[] ids, Func<int, bool> slides, double slidingTheta) => Logits(
        w, ids, layer => slides(layer) ? 4 : int.MaxValue, layer => slides(layer) ? Frequencies(slidingTheta, HeadDim) : s_yarn,
        layer => slides(layer) ? 1 : 1.25);

    private static double[][] Logits(
        ReferenceWeights w, int[] ids, Func<int, int> window, Func<int, double[]> frequencies, Func<int, double> length)
    {
        var x = Embed(w, ids);
        for (var layer = 0; layer < Layers; layer++)
        {
            var name = $"model.layers.{layer}.";
            var a = Attention(
                Normed("q"), Normed("k"), Turned(Linear(w, name + "self_attn.v_proj", x), HeadDim, null),
                (t, s) => t - s < window(layer), s => s / Math.Sqrt(HeadDim));
            x = Add(x, RmsNorm(w, name + "post_attention_layernorm", Linear(w, name + "self_attn.o_proj", a), Epsilon));
            x = Add(x, RmsNorm(w, name + "post_feedforward_layernorm", Gated(w, name + "mlp.", x, Silu), Epsilon));

            double[][][] Normed(string which) => Turned(
                RmsNorm(w, $"{name}self_attn.{which}_norm", Linear(w, $"{name}self_attn.{which}_proj", x), Epsilon),
                HeadDim, frequencies(layer), length(layer));
        }

        return Head(w, RmsNorm(w, "model.norm", x, Epsilon));
    }
}
