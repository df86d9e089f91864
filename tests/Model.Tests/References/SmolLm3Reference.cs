using static LisaOrleans.Model.Tests.ReferenceBlocks;
using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>SmolLM3 (its authors' report, "Architecture"; NoPE: arXiv 2501.18795): Llama in which some layers do not turn heads.</summary>
internal static class SmolLm3Reference
{
    private const int HeadDim = 6;
    private const double Epsilon = 1e-6;

    private const string Fields = """
        "model_type": "smollm3", "hidden_size": 24, "intermediate_size": 20, "num_hidden_layers": 3, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-6, "hidden_act": "silu",
        "max_window_layers": 28, "pretraining_tp": 2
        """;

    public static Reference Listed { get; } = new("smollm3 with listed layers without rope, which have windows", $$"""
        {
          "architectures": ["SmolLM3ForCausalLM"], {{Fields}}, "no_rope_layers": [0, 1, 0], "no_rope_layer_interval": 4,
          "use_sliding_window": true, "sliding_window": 5, "attention_bias": true, "mlp_bias": true, "rope_theta": 100.0,
          "rope_scaling": null, "tie_word_embeddings": true, "torch_dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, layer => layer == 1, layer => layer != 1));

    public static Reference Interval { get; } = new("smollm3 in the layout of transformers 5, by interval, untied", $$"""
        {
          {{Fields}}, "no_rope_layer_interval": 2, "use_sliding_window": false, "sliding_window": null, "dtype": "float32",
          "layer_types": ["full_attention", "full_attention", "full_attention"], "tie_word_embeddings": false,
          "rope_parameters": {"rope_type": "default", "rope_theta": 100.0}
        }
        """, (w, ids) => Logits(w, ids, layer => layer != 1, _ => false));

    private static double[][] Logits(ReferenceWeights w, int[] ids, Func<int, bool> turns, Func<int, bool> slides)
    {
        var x = Embed(w, ids);
        for (var layer = 0; layer < 3; layer++)
        {
            var name = $"model.layers.{layer}.";
            x = Add(x, LlamaAttention(
                w, name + "self_attn.", RmsNorm(w, name + "input_layernorm", x, Epsilon), HeadDim,
                turns(layer) ? Frequencies(100, HeadDim) : null, slides(layer) ? 5 : int.MaxValue, s => s / Math.Sqrt(HeadDim)));
            x = Add(x, Gated(w, name + "mlp.", RmsNorm(w, name + "post_attention_layernorm", x, Epsilon), Silu));
        }

        return Head(w, RmsNorm(w, "model.norm", x, Epsilon));
    }
}
