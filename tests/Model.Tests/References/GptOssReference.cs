using static LisaOrleans.Model.Tests.ReferenceBlocks;
using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// gpt-oss (arXiv 2508.10925, section 2): a sink in each head's softmax, windows in every other layer, YaRN whose ramp ends
/// between dimensions, and experts of clamped SwiGLU whose shares are the softmax over the scores of the chosen.
/// </summary>
internal static class GptOssReference
{
    private const int HeadDim = 6;
    private const double Epsilon = 1e-5;

    // The ramp is from dimension 0.36 to 2.12.
    private static readonly double[] s_yarn = Yarn(50, HeadDim, 4, 5, 0.5, 0.05, truncate: false);

    public static Reference First { get; } = new("gpt_oss with sinks, windows, yarn, biases and limits that bite", """
        {
          "architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss", "hidden_size": 16, "intermediate_size": 10,
          "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6, "vocab_size": 29,
          "max_position_embeddings": 32, "initial_context_length": 5, "rms_norm_eps": 1e-05, "rope_theta": 50,
          "rope_scaling": {
            "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 5, "beta_fast": 0.5, "beta_slow": 0.05, "truncate": false
          },
          "sliding_window": 4, "attention_bias": true, "num_local_experts": 20, "num_experts_per_tok": 2, "experts_per_token": 2,
          "hidden_act": "silu", "swiglu_limit": 0.6, "output_router_logits": false, "router_aux_loss_coef": 0.9,
          "tie_word_embeddings": false, "torch_dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, 3, layer => layer != 1, 4, s_yarn, (0.1 * Math.Log(4)) + 1, 2, 1.702, 0.6));

    public static Reference Typed { get; } = new("gpt_oss in the layout of transformers 5 without biases of attention, tied", """
        {
          "model_type": "gpt_oss", "hidden_size": 16, "intermediate_size": 8, "num_hidden_layers": 2, "num_attention_heads": 4,
          "num_key_value_heads": 1, "head_dim": 6, "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-05,
          "rope_parameters": {"rope_type": "default", "rope_theta": 300.0}, "sliding_window": 5, "attention_bias": false,
          "layer_types": ["full_attention", "sliding_attention"], "num_local_experts": 7, "num_experts_per_tok": 3,
          "swiglu_alpha": 0.9, "tie_word_embeddings": true, "dtype": "float32"
        }
        """, (w, ids) => Logits(w, ids, 2, layer => layer == 1, 5, Frequencies(300, HeadDim), 1, 3, 0.9, 7));

    /// <summary>For each token the sum, over its best experts, of their shares times what they make of it.</summary>
    internal static double[][] Mixture(ReferenceWeights w, string name, double[][] tokens, int chosen, double alpha, double limit)
    {
        var scores = Linear(w, name + "router", tokens);
        var (gateUp, gateUpBias) = (w.Matrices(name + "experts.gate_up_proj"), w.Matrix(name + "experts.gate_up_proj_bias"));
        var (down, downBias) = (w.Matrices(name + "experts.down_proj"), w.Matrix(name + "experts.down_proj_bias"));
        return [.. tokens.Select((x, t) =>
        {
            var best = Enumerable.Range(0, gateUp.Length).OrderByDescending(e => scores[t][e]).Take(chosen).ToArray();
            var shares = Softmax([.. best.Select(e => scores[t][e])]);
            return best.Select((e, i) => Scale(Expert(e, x), shares[i])).Aggregate(Add);
        })];

        double[] Expert(int e, double[] x)
        {
            var columns = Columns(gateUp[e], x, gateUpBias[e]);
            double[] inner = [.. Enumerable.Range(0, columns.Length / 2).Select(j =>
            {
                var gate = Math.Min(columns[2 * j], limit);
                var up = Math.Max(-limit, Math.Min(columns[(2 * j) + 1], limit));
                return (up + 1) * gate / (1 + Math.Exp(-alpha * gate));
            })];
            return Columns(down[e], inner, downBias[e]);
        }
    }

    // x W + b, with W as [input, output].
    private static double[] Columns(double[][] matrix, double[] x, double[] bias) =>
        [.. bias.Select((b, column) => b + x.Select((v, row) => v * matrix[row][column]).Sum())];

    private static double[][] Logits(
        ReferenceWeights w, int[] ids, int layers, Func<int, bool> slides, int window, double[] frequencies, double length, int chosen,
        double alpha, double limit)
    {
        var x = Embed(w, ids);
        for (var layer = 0; layer < layers; layer++)
        {
            var name = $"model.layers.{layer}.";
            var h = RmsNorm(w, name + "input_layernorm", x, Epsilon);
            var a = Attention(
                Turned(Linear(w, name + "self_attn.q_proj", h), HeadDim, frequencies, length),
                Turned(Linear(w, name + "self_attn.k_proj", h), HeadDim, frequencies, length),
                Turned(Linear(w, name + "self_attn.v_proj", h), HeadDim, null),
                (t, s) => !slides(layer) || t - s < window, score => score / Math.Sqrt(HeadDim), w.Vector(name + "self_attn.sinks"));
            x = Add(x, Linear(w, name + "self_attn.o_proj", a));
            x = Add(x, Mixture(w, name + "mlp.", RmsNorm(w, name + "post_attention_layernorm", x, Epsilon), chosen, alpha, limit));
        }

        return Head(w, RmsNorm(w, "model.norm", x, Epsilon));
    }
}
