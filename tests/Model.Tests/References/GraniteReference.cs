using static LisaOrleans.Model.Tests.ReferenceBlocks;
using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// Granite 3 (IBM's report on Granite 3.0, section 3, after µP, arXiv 2203.03466): Llama with multipliers on embeddings,
/// scores and what is added to the residual stream, and logits divided by a constant.
/// </summary>
internal static class GraniteReference
{
    private const int HeadDim = 6;
    private const double Epsilon = 1e-5;

    private const string Fields = """
        "model_type": "granite", "hidden_size": 24, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "hidden_act": "silu",
        "embedding_multiplier": 3.5, "attention_multiplier": 0.3, "residual_multiplier": 0.7, "logits_scaling": 2.5
        """;

    public static Reference Biased { get; } = new("granite with its multipliers and biases", $$"""
        {
          "architectures": ["GraniteForCausalLM"], {{Fields}}, "attention_bias": true, "mlp_bias": true, "rope_theta": 100.0,
          "rope_scaling": null, "tie_word_embeddings": true, "torch_dtype": "float32"
        }
        """, Logits);

    public static Reference Untied { get; } = new("granite in the layout of transformers 5, untied", $$"""
        {
          {{Fields}}, "tie_word_embeddings": false, "dtype": "float32", "rope_parameters": {"rope_type": "default", "rope_theta": 100.0}
        }
        """, Logits);

    private static double[][] Logits(ReferenceWeights w, int[] ids)
    {
        var x = Embed(w, ids, 3.5);
        for (var layer = 0; layer < 2; layer++)
        {
            var name = $"model.layers.{layer}.";
            var a = LlamaAttention(
                w, name + "self_attn.", RmsNorm(w, name + "input_layernorm", x, Epsilon), HeadDim, Frequencies(100, HeadDim),
                int.MaxValue, s => 0.3 * s);
            x = [.. x.Zip(a, (r, v) => Add(r, Scale(v, 0.7)))];
            var m = Gated(w, name + "mlp.", RmsNorm(w, name + "post_attention_layernorm", x, Epsilon), Silu);
            x = [.. x.Zip(m, (r, v) => Add(r, Scale(v, 0.7)))];
        }

        return [.. Head(w, RmsNorm(w, "model.norm", x, Epsilon)).Select(l => Scale(l, 1 / 2.5))];
    }
}
