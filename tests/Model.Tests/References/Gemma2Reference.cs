using static LisaOrleans.Model.Tests.ReferenceBlocks;
using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// Gemma 2 (arXiv 2408.00118, section 2): Gemma with norms before and after each block, a window in every other layer from
/// the first on, and soft caps on scores and logits.
/// </summary>
internal static class Gemma2Reference
{
    private const int Width = 18;
    private const int HeadDim = 6;
    private const double Epsilon = 1e-5;

    private const string Fields = """
        "model_type": "gemma2", "hidden_size": 18, "intermediate_size": 20, "num_hidden_layers": 3, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 6, "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-5,
        "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 11
        """;

    public static Reference Capped { get; } = new("gemma2 with softcaps and windows", $$"""
        {
          "architectures": ["Gemma2ForCausalLM"], {{Fields}}, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0,
          "sliding_window": 4, "attention_bias": true, "rope_theta": 1000.0, "cache_implementation": "hybrid", "torch_dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, 4, layer => layer != 1, 2, 3));

    public static Reference Typed { get; } = new("gemma2 in the layout of transformers 5, untied, without a cap on scores", $$"""
        {
          {{Fields}}, "attn_logit_softcapping": null, "sliding_window": 3, "tie_word_embeddings": false, "dtype": "float32",
          "layer_types": ["full_attention", "full_attention", "sliding_attention"],
          "rope_parameters": {"rope_type": "default", "rope_theta": 1000.0}
        }
        """, (w, ids) => Logits(w, ids, 3, layer => layer == 2, null, 30));

    private static double[][] Logits(
        ReferenceWeights w, int[] ids, int window, Func<int, bool> slides, double? scoreCap, double logitCap)
    {
        var x = Embed(w, ids, (float)Math.Sqrt(Width));
        for (var layer = 0; layer < 3; layer++)
        {
            var name = $"model.layers.{layer}.";
            var h = RmsNorm(w, name + "input_layernorm", x, Epsilon, offset: 1);
            var a = LlamaAttention(
                w, name + "self_attn.", h, HeadDim, Frequencies(1000, HeadDim), slides(layer) ? window : int.MaxValue,
                s => scoreCap is { } cap ? Softcap(s / Math.Sqrt(11), cap) : s / Math.Sqrt(11));
            x = Add(x, RmsNorm(w, name + "post_attention_layernorm", a, Epsilon, offset: 1));
            var n = RmsNorm(w, name + "pre_feedforward_layernorm", x, Epsilon, offset: 1);
            x = Add(x, RmsNorm(w, name + "post_feedforward_layernorm", Gated(w, name + "mlp.", n, GeluTanh), Epsilon, offset: 1));
        }

        var logits = Head(w, RmsNorm(w, "model.norm", x, Epsilon, offset: 1));
        return [.. logits.Select(l => l.Select(v => Softcap(v, logitCap)).ToArray())];
    }
}
