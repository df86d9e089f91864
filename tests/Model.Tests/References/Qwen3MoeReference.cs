using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>Qwen 3 with experts (arXiv 2505.09388, section 2): Qwen 3's layer around a mixture of experts or a dense block.</summary>
internal static class Qwen3MoeReference
{
    private const int HeadDim = 6;

    public static Reference Listed { get; } = new("qwen3_moe with a dense layer, windows, biases and shares that add up to 1", """
        {
          "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": 16, "intermediate_size": 20,
          "moe_intermediate_size": 10, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6,
          "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-6, "rope_theta": 50, "attention_bias": true,
          "use_sliding_window": true, "sliding_window": 5, "mlp_only_layers": [1], "decoder_sparse_step": 1, "num_experts": 20,
          "num_experts_per_tok": 2, "norm_topk_prob": true, "hidden_act": "silu", "tie_word_embeddings": false,
          "router_aux_loss_coef": 0.001, "output_router_logits": false, "torch_dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, 3, 50, 5, layer => layer != 1, 2, renormalise: true));

    public static Reference Stepped { get; } = new("qwen3_moe in the layout of transformers 5 with experts in every second layer, tied", """
        {
          "model_type": "qwen3_moe", "hidden_size": 16, "intermediate_size": 20, "moe_intermediate_size": 6, "num_hidden_layers": 4,
          "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6, "vocab_size": 29, "max_position_embeddings": 32,
          "rms_norm_eps": 1e-6, "sliding_window": null, "use_sliding_window": false, "max_window_layers": 4, "mlp_only_layers": [],
          "decoder_sparse_step": 2, "num_local_experts": 9, "num_experts_per_tok": 3, "norm_topk_prob": false,
          "tie_word_embeddings": true, "dtype": "float32", "rope_parameters": {"rope_type": "default", "rope_theta": 300.0}
        }
        """, (w, ids) => Logits(w, ids, 4, 300, int.MaxValue, layer => layer % 2 == 1, 3, renormalise: false));

    private static double[][] Logits(
        ReferenceWeights w, int[] ids, int layers, double theta, int window, Func<int, bool> sparse, int chosen, bool renormalise) =>
        ReferenceExperts.Logits(w, ids, layers, HeadDim, 1e-6, Frequencies(theta, HeadDim), window, (name, x) =>
        {
            if (sparse(int.Parse(name.Split('.')[2], System.Globalization.CultureInfo.InvariantCulture)))
                return ReferenceExperts.Mixture(w, name + "mlp.", x, chosen, renormalise, ("gate_proj", "up_proj", "down_proj"));
            var (gate, up) = (Linear(w, name + "mlp.gate_proj", x), Linear(w, name + "mlp.up_proj", x));
            return Linear(w, name + "mlp.down_proj", [.. gate.Zip(up, (g, u) => g.Zip(u, (a, b) => Silu(a) * b).ToArray())]);
        });
}
