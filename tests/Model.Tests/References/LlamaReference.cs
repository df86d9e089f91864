using static LisaOrleans.Model.Tests.ReferenceBlocks;
using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// Llama (arXiv 2302.13971, section 2.2): RMS-norm before each block, SwiGLU, heads that turn; Llama 3.1's stretching of long
/// wavelengths (arXiv 2407.21783, and Meta's code). Qwen 2 (arXiv 2407.10671, section 2.2) adds biases on queries, keys and
/// values, and windows in upper layers.
/// </summary>
internal static class LlamaReference
{
    private const int HeadDim = 6;
    private const double Epsilon = 1e-5;

    private const string Fields = """
        "hidden_size": 24, "intermediate_size": 20, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
        "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "hidden_act": "silu"
        """;

    public static Reference Llama3 { get; } = new("llama with llama3's rope and all biases", $$"""
        {
          "architectures": ["LlamaForCausalLM"], "model_type": "llama", {{Fields}}, "attention_bias": true, "mlp_bias": true,
          "rope_theta": 50.0, "pretraining_tp": 1, "tie_word_embeddings": false, "torch_dtype": "float32",
          "rope_scaling": {
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 24
          }
        }
        """, (w, ids) => Logits(w, ids, [.. Frequencies(50, HeadDim).Select(Llama3Frequency)], _ => false));

    public static Reference Linear { get; } = new("llama in the layout of transformers 5, with linear rope, tied", $$"""
        {
          "model_type": "llama", {{Fields}}, "tie_word_embeddings": true, "dtype": "float32",
          "rope_parameters": {"rope_type": "linear", "rope_theta": 50.0, "factor": 4.0}
        }
        """, (w, ids) => Logits(w, ids, Scale(Frequencies(50, HeadDim), 1 / 4.0), _ => false));

    public static Reference Qwen2 { get; } = new("qwen2 with windows in upper layers", $$"""
        {
          "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", {{Fields}}, "use_sliding_window": true, "sliding_window": 5,
          "max_window_layers": 2, "rope_theta": 50.0, "tie_word_embeddings": false, "torch_dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, Frequencies(50, HeadDim), layer => layer == 2));

    public static Reference Qwen2Typed { get; } = new("qwen2 in the layout of transformers 5, with windows by layer_types, tied", $$"""
        {
          "model_type": "qwen2", {{Fields}}, "use_sliding_window": true, "sliding_window": 5, "max_window_layers": 28, "dtype": "float32",
          "layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "tie_word_embeddings": true,
          "rope_parameters": {"rope_type": "default", "rope_theta": 50.0}
        }
        """, (w, ids) => Logits(w, ids, Frequencies(50, HeadDim), layer => layer != 1));

    // Wavelengths above 24 / 1 are stretched 8 times, those below 24 / 4 not at all, those between in part.
    private static double Llama3Frequency(double frequency)
    {
        var turns = 24 * frequency / (2 * Math.PI);
        if (turns < 1) return frequency / 8;
        if (turns > 4) return frequency;
        var kept = (turns - 1) / (4 - 1);
        return ((1 - kept) * frequency / 8) + (kept * frequency);
    }

    private static double[][] Logits(ReferenceWeights w, int[] ids, double[] frequencies, Func<int, bool> slides)
    {
        var x = Embed(w, ids);
        for (var layer = 0; layer < 3; layer++)
        {
            var name = $"model.layers.{layer}.";
            x = Add(x, LlamaAttention(
                w, name + "self_attn.", RmsNorm(w, name + "input_layernorm", x, Epsilon), HeadDim, frequencies,
                slides(layer) ? 5 : int.MaxValue, s => s / Math.Sqrt(HeadDim)));
            x = Add(x, Gated(w, name + "mlp.", RmsNorm(w, name + "post_attention_layernorm", x, Epsilon), Silu));
        }

        return Head(w, RmsNorm(w, "model.norm", x, Epsilon));
    }
}
