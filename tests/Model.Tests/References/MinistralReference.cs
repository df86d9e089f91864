using static LisaOrleans.Model.Tests.ReferenceBlocks;
using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// Mistral's models (arXiv 2310.06825, section 2): Llama with windows in all layers or, in Ministral, in some. Ministral 3
/// has YaRN, and its queries grow by 1 + β · ln(1 + ⌊position / original⌋).
/// </summary>
internal static class MinistralReference
{
    private const int HeadDim = 6;
    private const double Epsilon = 1e-5;

    private const string Fields = """
        "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": 6, "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "hidden_act": "silu"
        """;

    private const string Yarned = """
        "rope_type": "yarn", "rope_theta": 50.0, "factor": 4.0, "original_max_position_embeddings": 4, "beta_fast": 1.0,
        "beta_slow": 0.25, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.5, "max_position_embeddings": 32
        """;

    private static readonly double[] s_yarn = Yarn(50, HeadDim, 4, 4, 1, 0.25);

    public static Reference Mistral { get; } = new("mistral with a window", $$"""
        {
          "architectures": ["MistralForCausalLM"], "model_type": "mistral", {{Fields}}, "sliding_window": 5, "rope_theta": 50.0,
          "tie_word_embeddings": false, "torch_dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, Frequencies(50, HeadDim), _ => 5, null));

    public static Reference Ministral { get; } = new("ministral with windows in some layers, in the layout of transformers 5, tied", $$"""
        {
          "model_type": "ministral", {{Fields}}, "sliding_window": 4, "tie_word_embeddings": true, "dtype": "float32",
          "layer_types": ["full_attention", "sliding_attention", "sliding_attention"],
          "rope_parameters": {"rope_type": "default", "rope_theta": 50.0}
        }
        """, (w, ids) => Logits(w, ids, Frequencies(50, HeadDim), layer => layer == 0 ? int.MaxValue : 4, null));

    public static Reference Ministral3 { get; } = new("ministral3 with yarn, growing queries and a window", $$"""
        {
          "model_type": "ministral3", {{Fields}}, "sliding_window": 6, "tie_word_embeddings": false, "dtype": "float32",
          "rope_parameters": { {{Yarned}} }
        }
        """, (w, ids) => Logits(w, ids, s_yarn, _ => 6, 0.5));

    public static Reference Wrapped { get; } = new("mistral3's text_config of ministral3", $$"""
        {
          "architectures": ["Mistral3ForConditionalGeneration"], "model_type": "mistral3", "dtype": "float32", "image_token_index": 10,
          "vision_config": {"model_type": "pixtral", "hidden_size": 8}, "vision_feature_layer": -1, "tie_word_embeddings": false,
          "text_config": {"model_type": "ministral3", {{Fields}}, "sliding_window": null, "rope_parameters": { {{Yarned}} } }
        }
        """, (w, ids) => Logits(w, ids, s_yarn, _ => int.MaxValue, 0.5));

    public static Reference WrappedMistral { get; } = new("mistral3's text_config of mistral", $$"""
        {
          "model_type": "mistral3", "torch_dtype": "float32", "vision_config": {"model_type": "pixtral"}, "spatial_merge_size": 2,
          "text_config": {"model_type": "mistral", {{Fields}}, "sliding_window": null, "rope_theta": 50.0}
        }
        """, (w, ids) => Logits(w, ids, Frequencies(50, HeadDim), _ => int.MaxValue, null));

    private static double[][] Logits(ReferenceWeights w, int[] ids, double[] frequencies, Func<int, int> window, double? beta)
    {
        var x = Embed(w, ids);
        for (var layer = 0; layer < 3; layer++)
        {
            var name = $"model.layers.{layer}.";
            var h = RmsNorm(w, name + "input_layernorm", x, Epsilon);
            double[][][] queries = [.. Turned(Linear(w, name + "self_attn.q_proj", h), HeadDim, frequencies)
                .Select((heads, t) => heads.Select(q => Scale(q, 1 + ((beta ?? 0) * Math.Log(1 + (t / 4))))).ToArray())];
            var a = Attention(
                queries, Turned(Linear(w, name + "self_attn.k_proj", h), HeadDim, frequencies),
                Turned(Linear(w, name + "self_attn.v_proj", h), HeadDim, null),
                (t, s) => t - s < window(layer), s => s / Math.Sqrt(HeadDim));
            x = Add(x, Linear(w, name + "self_attn.o_proj", a));
            x = Add(x, Gated(w, name + "mlp.", RmsNorm(w, name + "post_attention_layernorm", x, Epsilon), Silu));
        }

        return Head(w, RmsNorm(w, "model.norm", x, Epsilon));
    }
}
