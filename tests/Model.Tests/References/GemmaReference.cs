using static LisaOrleans.Model.Tests.ReferenceBlocks;
using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// Gemma (arXiv 2403.08295, section 2): embeddings times √D, norms before each block that multiply with 1 + weight, GeGLU by
/// tanh's approximation, one key/value head for all (multi-query attention).
/// </summary>
internal static class GemmaReference
{
    private const int Width = 18;
    private const int HeadDim = 6;
    private const double Epsilon = 1e-5;

    private const string Fields = """
        "model_type": "gemma", "hidden_size": 18, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 1, "head_dim": 6, "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-5
        """;

    public static Reference First { get; } = new("gemma as its first files state it, with biases", $$"""
        {
          "architectures": ["GemmaForCausalLM"], {{Fields}}, "hidden_act": "gelu", "hidden_activation": null, "attention_bias": true,
          "rope_theta": 1000.0, "rope_scaling": null, "torch_dtype": "float32"
        }
        """, Logits);

    public static Reference Untied { get; } = new("gemma in the layout of transformers 5, untied", $$"""
        {
          {{Fields}}, "hidden_act": "gelu_pytorch_tanh", "tie_word_embeddings": false, "dtype": "float32",
          "use_bidirectional_attention": null, "rope_parameters": {"rope_type": "default", "rope_theta": 1000.0}
        }
        """, Logits);

    private static double[][] Logits(ReferenceWeights w, int[] ids)
    {
        var x = Embed(w, ids, (float)Math.Sqrt(Width));
        for (var layer = 0; layer < 2; layer++)
        {
            var name = $"model.layers.{layer}.";
            var h = RmsNorm(w, name + "input_layernorm", x, Epsilon, offset: 1);
            x = Add(x, LlamaAttention(
                w, name + "self_attn.", h, HeadDim, Frequencies(1000, HeadDim), int.MaxValue, s => s / Math.Sqrt(HeadDim)));
            var n = RmsNorm(w, name + "post_attention_layernorm", x, Epsilon, offset: 1);
            x = Add(x, Gated(w, name + "mlp.", n, GeluTanh));
        }

        return Head(w, RmsNorm(w, "model.norm", x, Epsilon, offset: 1));
    }
}
