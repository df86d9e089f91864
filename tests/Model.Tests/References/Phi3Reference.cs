using static LisaOrleans.Model.Tests.ReferenceBlocks;
using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// Phi-3 (arXiv 2404.14219, section 2) with LongRoPE (arXiv 2402.13753, section 3): Llama's blocks with queries, keys and
/// values one after the other in one matrix and gate and up in one; each frequency is divided by a factor of its own, turned
/// numbers grow by √(1 + ln(stretch) / ln(original)). In Phi-4-mini only the first part of a head turns.
/// </summary>
internal static class Phi3Reference
{
    private const int Query = 32;
    private const int HeadDim = 8;
    private const double Epsilon = 1e-5;

    private const string Fields = """
        "model_type": "phi3", "hidden_size": 32, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "hidden_act": "silu",
        "embd_pdrop": 0.0, "resid_pdrop": 0.0
        """;

    // Every sequence of the tests is longer than the original context.
    public static Reference Long { get; } = new("phi3 with longrope beyond the original context, and windows", $$"""
        {
          "architectures": ["Phi3ForCausalLM"], {{Fields}}, "original_max_position_embeddings": 4, "rope_theta": 100.0,
          "sliding_window": 5, "attention_bias": false, "tie_word_embeddings": false, "torch_dtype": "float32",
          "rope_scaling": {"type": "su", "short_factor": [1.0, 1.1, 1.2, 1.3], "long_factor": [1.5, 2.5, 4.0, 7.5]}
        }
        """, (w, ids) => Logits(w, ids, Stretched([1.5, 2.5, 4, 7.5], 8), Math.Sqrt(1 + (Math.Log(32.0 / 4) / Math.Log(4))), 5));

    // All are shorter.
    public static Reference Partial { get; } = new("phi4-mini in the layout of transformers 5, within the original context, tied", $$"""
        {
          {{Fields}}, "original_max_position_embeddings": 16, "sliding_window": null, "tie_word_embeddings": true, "dtype": "float32",
          "full_attn_mod": 1, "interpolate_factor": 1, "lm_head_bias": false, "mlp_bias": false, "partial_rotary_factor": 0.75,
          "rope_parameters": {
            "rope_type": "longrope", "rope_theta": 100.0, "partial_rotary_factor": 0.75, "original_max_position_embeddings": 16,
            "short_factor": [1.0, 1.1, 1.3], "long_factor": [1.5, 2.5, 7.5]
          }
        }
        """, (w, ids) => Logits(w, ids, Stretched([1, 1.1, 1.3], 6), Math.Sqrt(1 + (Math.Log(32.0 / 16) / Math.Log(16))), int.MaxValue));

    private static double[] Stretched(double[] factors, int dimensions) =>
        [.. Frequencies(100, dimensions).Zip(factors, (frequency, factor) => frequency / factor)];

    private static double[][] Logits(ReferenceWeights w, int[] ids, double[] frequencies, double length, int window)
    {
        var x = Embed(w, ids);
        for (var layer = 0; layer < 2; layer++)
        {
            var name = $"model.layers.{layer}.";
            var all = Linear(w, name + "self_attn.qkv_proj", RmsNorm(w, name + "input_layernorm", x, Epsilon));
            var a = Attention(
                Turned([.. all.Select(v => v[..Query])], HeadDim, frequencies, length),
                Turned([.. all.Select(v => v[Query..(Query + 16)])], HeadDim, frequencies, length),
                Turned([.. all.Select(v => v[(Query + 16)..])], HeadDim, null),
                (t, s) => t - s < window, s => s / Math.Sqrt(HeadDim));
            x = Add(x, Linear(w, name + "self_attn.o_proj", a));
            x = Add(x, Gated(w, name + "mlp.", RmsNorm(w, name + "post_attention_layernorm", x, Epsilon), Silu, fused: true));
        }

        return Head(w, RmsNorm(w, "model.norm", x, Epsilon));
    }
}
