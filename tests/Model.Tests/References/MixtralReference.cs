using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>Mixtral (arXiv 2401.04088, section 2): Mistral's layer around a mixture of experts whose shares add up to 1.</summary>
internal static class MixtralReference
{
    public static Reference Windowed { get; } = new("mixtral with a window", """
        {
          "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_size": 16, "intermediate_size": 10,
          "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 29, "max_position_embeddings": 32,
          "rms_norm_eps": 1e-05, "rope_theta": 1000.0, "sliding_window": 4, "num_local_experts": 16, "num_experts_per_tok": 2,
          "hidden_act": "silu", "output_router_logits": false, "router_aux_loss_coef": 0.02, "tie_word_embeddings": false,
          "torch_dtype": "float32"
        }
        """, (w, ids) => ReferenceExperts.Logits(w, ids, 2, 4, 1e-5, Frequencies(1000, 4), 4, (name, x) =>
            ReferenceExperts.Mixture(w, name + "block_sparse_moe.", x, 2, renormalise: true, ("w1", "w3", "w2"))));
}
