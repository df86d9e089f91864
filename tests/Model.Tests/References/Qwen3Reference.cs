using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>Qwen 3 (arXiv 2505.09388, section 2): RMS-norm before each block, norms over the heads of queries and keys, SwiGLU.</summary>
internal static class Qwen3Reference
{
    private const int HeadDim = 6;
    private const int Layers = 3;
    private const int Window = 5;
    private const double Epsilon = 1e-6;

    public static Reference Yarn { get; } = new("qwen3 with yarn, windows and biases", """
        {
          "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 3,
          "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6, "vocab_size": 29, "max_position_embeddings": 32,
          "rms_norm_eps": 1e-6, "rope_theta": 50, "attention_bias": true, "use_sliding_window": true, "sliding_window": 5,
          "max_window_layers": 1, "hidden_act": "silu", "tie_word_embeddings": false, "torch_dtype": "float32",
          "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8, "beta_fast": 1, "beta_slow": 0.25}
        }
        """, (w, ids) => Logits(w, ids, ReferenceMath.Yarn(50, HeadDim, 4, 8, 1, 0.25), 0.1 * Math.Log(4) + 1, layer => layer >= 1));

    public static Reference Plain { get; } = new("qwen3 in the layout of transformers 5, tied", """
        {
          "model_type": "qwen3", "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 3, "num_attention_heads": 4,
          "num_key_value_heads": 2, "head_dim": 6, "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-6,
          "attention_bias": false, "sliding_window": 5, "use_sliding_window": true, "tie_word_embeddings": true, "dtype": "float32",
          "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
          "rope_parameters": {"rope_type": "default", "rope_theta": 300.0}
        }
        """, (w, ids) => Logits(w, ids, Frequencies(300, HeadDim), 1, layer => layer != 1));

    private static double[][] Logits(ReferenceWeights w, int[] ids, double[] frequencies, double length, Func<int, bool> slides)
    {
        var embedding = w.Matrix("model.embed_tokens.weight");
        double[][] x = [.. ids.Select(id => embedding[id])];
        for (var layer = 0; layer < Layers; layer++)
        {
            var name = $"model.layers.{layer}.";
            var window = slides(layer) ? Window : int.MaxValue;
            var h = RmsNorm(w, name + "input_layernorm", x, Epsilon);
            var a = Attention(
                Rotated("q"), Rotated("k"), [.. Linear(w, name + "self_attn.v_proj", h).Select(v => Heads(v, HeadDim))],
                (t, s) => t - s < window, score => score / Math.Sqrt(HeadDim));
            x = Add(x, Linear(w, name + "self_attn.o_proj", a));

            var n = RmsNorm(w, name + "post_attention_layernorm", x, Epsilon);
            var (gate, up) = (Linear(w, name + "mlp.gate_proj", n), Linear(w, name + "mlp.up_proj", n));
            double[][] inner = [.. gate.Zip(up, (g, u) => g.Zip(u, (a, b) => Silu(a) * b).ToArray())];
            x = Add(x, Linear(w, name + "mlp.down_proj", inner));

            double[][][] Rotated(string which)
            {
                var weight = w.Vector($"{name}self_attn.{which}_norm.weight");
                return [.. Linear(w, $"{name}self_attn.{which}_proj", h).Select((v, t) => Heads(v, HeadDim)
                    .Select(head => Turn(RmsNorm(head, weight, Epsilon), t, frequencies, length)).ToArray())];
            }
        }

        var final = RmsNorm(w, "model.norm", x, Epsilon);
        return [.. final.Select(v => Times(w.Has("lm_head.weight") ? w.Matrix("lm_head.weight") : embedding, v))];
    }
}
