using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", section 2.3, and OpenAI's code): learned
/// positions, layer norm before each block, biases everywhere, GELU; x W + b with W as [input, output].
/// </summary>
internal static class Gpt2Reference
{
    private const int Width = 24;
    private const int HeadDim = 6;
    private const double Epsilon = 1e-5;

    private const string Fields = """
        "model_type": "gpt2", "n_embd": 24, "n_head": 4, "n_layer": 3, "n_positions": 32, "n_ctx": 32, "vocab_size": 29,
        "layer_norm_epsilon": 1e-5, "attn_pdrop": 0.1, "embd_pdrop": 0.1, "resid_pdrop": 0.1
        """;

    public static Reference First { get; } = new("gpt2", $$"""
        {
          "architectures": ["GPT2LMHeadModel"], {{Fields}}, "activation_function": "gelu_new", "bos_token_id": 28, "eos_token_id": 28,
          "summary_type": "cls_index", "summary_use_proj": true, "summary_activation": null, "summary_proj_to_labels": true,
          "summary_first_dropout": 0.1, "task_specific_params": {"text-generation": {"do_sample": true, "max_length": 50} }
        }
        """, (w, ids) => Logits(w, ids, GeluTanh, _ => 1 / Math.Sqrt(HeadDim)));

    public static Reference Other { get; } = new("gpt2, untied, with relu, another inner width, and scores divided by the layer's number", $$"""
        {
          {{Fields}}, "activation_function": "relu", "n_inner": 20, "tie_word_embeddings": false, "scale_attn_weights": false,
          "scale_attn_by_inverse_layer_idx": true, "reorder_and_upcast_attn": true, "add_cross_attention": false, "dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, v => Math.Max(v, 0), layer => 1.0 / (layer + 1)));

    private static double[][] Logits(ReferenceWeights w, int[] ids, Func<double, double> activation, Func<int, double> scale)
    {
        var (tokens, positions) = (w.Matrix("transformer.wte.weight"), w.Matrix("transformer.wpe.weight"));
        double[][] x = [.. ids.Select((id, t) => Add(tokens[id], positions[t]))];
        for (var layer = 0; layer < 3; layer++)
        {
            var name = $"transformer.h.{layer}.";
            var all = Conv1D(w, name + "attn.c_attn", LayerNorm(w, name + "ln_1", x));
            var a = Attention(Piece(0), Piece(1), Piece(2), (_, _) => true, s => s * scale(layer));
            x = Add(x, Conv1D(w, name + "attn.c_proj", a));
            var inner = Conv1D(w, name + "mlp.c_fc", LayerNorm(w, name + "ln_2", x));
            x = Add(x, Conv1D(w, name + "mlp.c_proj", [.. inner.Select(v => v.Select(activation).ToArray())]));

            double[][][] Piece(int which) => [.. all.Select(v => Heads(v[(which * Width)..((which + 1) * Width)], HeadDim))];
        }

        var matrix = w.Has("lm_head.weight") ? w.Matrix("lm_head.weight") : tokens;
        return [.. LayerNorm(w, "transformer.ln_f", x).Select(v => Times(matrix, v))];
    }

    private static double[][] Conv1D(ReferenceWeights w, string name, double[][] tokens)
    {
        var (matrix, bias) = (w.Matrix(name + ".weight"), w.Vector(name + ".bias"));
        return [.. tokens.Select(x => bias.Select((b, j) => b + x.Select((v, i) => v * matrix[i][j]).Sum()).ToArray())];
    }

    private static double[][] LayerNorm(ReferenceWeights w, string name, double[][] tokens)
    {
        var (weight, bias) = (w.Vector(name + ".weight"), w.Vector(name + ".bias"));
        return [.. tokens.Select(x =>
        {
            var mean = x.Average();
            var root = Math.Sqrt(x.Select(v => (v - mean) * (v - mean)).Average() + Epsilon);
            return x.Select((v, i) => ((v - mean) / root * weight[i]) + bias[i]).ToArray();
        })];
    }
}
