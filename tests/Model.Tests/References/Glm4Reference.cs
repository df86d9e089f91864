using static LisaOrleans.Model.Tests.ReferenceBlocks;
using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// GLM-4-0414 (arXiv 2406.12793, section 2, and the model card): norms before and after each block, gate and up in one matrix,
/// biases on queries, keys and values only; neighbouring numbers of the first part of a head turn together.
/// </summary>
internal static class Glm4Reference
{
    private const int HeadDim = 8;
    private const double Epsilon = 1e-5;

    private const string Fields = """
        "model_type": "glm4", "hidden_size": 18, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 8, "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-5,
        "hidden_act": "silu"
        """;

    public static Reference Biased { get; } = new("glm4 with biases", $$"""
        {
          "architectures": ["Glm4ForCausalLM"], {{Fields}}, "attention_bias": true, "partial_rotary_factor": 0.5, "rope_theta": 100.0,
          "tie_word_embeddings": false, "torch_dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, Frequencies(100, 4)));

    public static Reference Tied { get; } = new("glm4 in the layout of transformers 5, tied, without biases", $$"""
        {
          {{Fields}}, "attention_bias": false, "tie_word_embeddings": true, "dtype": "float32",
          "rope_parameters": {"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.75}
        }
        """, (w, ids) => Logits(w, ids, Frequencies(100, 6)));

    private static double[][] Logits(ReferenceWeights w, int[] ids, double[] frequencies)
    {
        var x = Embed(w, ids);
        for (var layer = 0; layer < 2; layer++)
        {
            var name = $"model.layers.{layer}.";
            var h = RmsNorm(w, name + "input_layernorm", x, Epsilon);
            var a = Attention(
                Projected("q", turns: true), Projected("k", turns: true), Projected("v", turns: false),
                (_, _) => true, s => s / Math.Sqrt(HeadDim));
            x = Add(x, RmsNorm(w, name + "post_self_attn_layernorm", Linear(w, name + "self_attn.o_proj", a), Epsilon));
            var n = RmsNorm(w, name + "post_attention_layernorm", x, Epsilon);
            x = Add(x, RmsNorm(w, name + "post_mlp_layernorm", Gated(w, name + "mlp.", n, Silu, fused: true), Epsilon));

            double[][][] Projected(string which, bool turns) => [.. Linear(w, $"{name}self_attn.{which}_proj", h)
                .Select((v, t) => Heads(v, HeadDim).Select(head => turns ? TurnNeighbours(head, t, frequencies) : head).ToArray())];
        }

        return Head(w, RmsNorm(w, "model.norm", x, Epsilon));
    }

    // Numbers 2j and 2j + 1 are a complex number that turns by position · frequency j.
    private static double[] TurnNeighbours(double[] head, int position, double[] frequencies)
    {
        var turned = (double[])head.Clone();
        for (var j = 0; j < frequencies.Length; j++)
        {
            var (sin, cos) = Math.SinCos(position * frequencies[j]);
            var (re, im) = (head[2 * j], head[(2 * j) + 1]);
            (turned[2 * j], turned[(2 * j) + 1]) = ((re * cos) - (im * sin), (im * cos) + (re * sin));
        }

        return turned;
    }
}
