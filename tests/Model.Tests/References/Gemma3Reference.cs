using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// Gemma 3 (arXiv 2503.19786, section 2, over Gemma 2's, arXiv 2408.00118): embeddings times √D, norms before and after each
/// block that multiply with 1 + weight, local layers with a window and a base of their own, GeGLU, a softcap of logits.
/// </summary>
internal static class Gemma3Reference
{
    private const int Width = 18;
    private const int HeadDim = 8;
    private const int Window = 4;
    private const double Epsilon = 1e-6;

    private const string Fields = """
        "hidden_size": 18, "intermediate_size": 20, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
        "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-6, "hidden_activation": "gelu_pytorch_tanh", "sliding_window": 4,
        "query_pre_attn_scalar": 10, "attn_logit_softcapping": null, "final_logit_softcapping": 4.0
        """;

    public static Reference Text { get; } = new("gemma3_text with a softcap of logits, windows and two ropes", $$"""
        {
          "architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", {{Fields}}, "sliding_window_pattern": 2, "rope_theta": 1000.0,
          "rope_local_base_freq": 100.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}, "attention_bias": true,
          "torch_dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, layer => layer % 2 == 1, 4));

    public static Reference Wrapped { get; } = new("gemma3's text_config in the layout of transformers 5, untied, without softcap", $$"""
        {
          "architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "dtype": "float32", "image_token_index": 27,
          "vision_config": {"model_type": "siglip_vision_model"}, "text_config": {
            "model_type": "gemma3_text", {{Fields.Replace("4.0", "null", StringComparison.Ordinal)}},
            "tie_word_embeddings": false, "layer_types": ["full_attention", "sliding_attention", "sliding_attention", "full_attention"],
            "rope_parameters": {
              "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000.0},
              "sliding_attention": {"rope_type": "default", "rope_theta": 100.0}
            }
          }
        }
        """, (w, ids) => Logits(w, ids, layer => layer is 0 or 3, null));

    private static double[][] Logits(ReferenceWeights w, int[] ids, Func<int, bool> global, double? cap)
    {
        var embedding = w.Matrix("model.embed_tokens.weight");
        double[][] x = [.. ids.Select(id => Scale(embedding[id], (float)Math.Sqrt(Width)))];
        for (var layer = 0; layer < 4; layer++)
        {
            var name = $"model.layers.{layer}.";
            var window = global(layer) ? int.MaxValue : Window;
            var frequencies = global(layer) ? Scale(Frequencies(1000, HeadDim), 1 / 8.0) : Frequencies(100, HeadDim);
            var h = RmsNorm(w, name + "input_layernorm", x, Epsilon, offset: 1);
            var a = Attention(
                Rotated("q"), Rotated("k"), [.. Linear(w, name + "self_attn.v_proj", h).Select(v => Heads(v, HeadDim))],
                (t, s) => t - s < window, score => score / Math.Sqrt(10));
            x = Add(x, RmsNorm(w, name + "post_attention_layernorm", Linear(w, name + "self_attn.o_proj", a), Epsilon, offset: 1));

            var n = RmsNorm(w, name + "pre_feedforward_layernorm", x, Epsilon, offset: 1);
            var (gate, up) = (Linear(w, name + "mlp.gate_proj", n), Linear(w, name + "mlp.up_proj", n));
            double[][] inner = [.. gate.Zip(up, (g, u) => g.Zip(u, (a, b) => GeluTanh(a) * b).ToArray())];
            x = Add(x, RmsNorm(w, name + "post_feedforward_layernorm", Linear(w, name + "mlp.down_proj", inner), Epsilon, offset: 1));

            double[][][] Rotated(string which)
            {
                var weight = w.Vector($"{name}self_attn.{which}_norm.weight");
                return [.. Linear(w, $"{name}self_attn.{which}_proj", h).Select((v, t) => Heads(v, HeadDim)
                    .Select(head => Turn(RmsNorm(head, weight, Epsilon, offset: 1), t, frequencies)).ToArray())];
            }
        }

        var matrix = w.Has("lm_head.weight") ? w.Matrix("lm_head.weight") : embedding;
        return [.. RmsNorm(w, "model.norm", x, Epsilon, offset: 1).Select(v => Times(matrix, v).Select(l => cap is { } c ? Softcap(l, c) : l).ToArray())];
    }
}
