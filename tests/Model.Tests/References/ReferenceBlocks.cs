using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>Pieces that several published models have in common, made of <see cref="ReferenceMath"/>.</summary>
internal static class ReferenceBlocks
{
    /// <summary>down(activation(gate x) · up x), with gate and up as maps of their own or as the halves of gate_up.</summary>
    public static double[][] Gated(
        ReferenceWeights w, string name, double[][] tokens, Func<double, double> activation, bool fused = false)
    {
        var gate = Linear(w, name + (fused ? "gate_up_proj" : "gate_proj"), tokens);
        var up = fused ? [.. gate.Select(g => g[(g.Length / 2)..])] : Linear(w, name + "up_proj", tokens);
        return Linear(w, name + "down_proj", [.. gate.Zip(up, (g, u) => u.Select((v, i) => activation(g[i]) * v).ToArray())]);
    }

    /// <summary>The heads of each token, turned by its position where there are frequencies.</summary>
    public static double[][][] Turned(double[][] tokens, int width, double[]? frequencies, double length = 1) =>
        [.. tokens.Select((x, t) => Heads(x, width)
            .Select(head => frequencies is null ? head : Turn(head, t, frequencies, length)).ToArray())];

    /// <summary>Llama's attention of a layer: softmax(scale · q k) v through the four maps of self_attn.</summary>
    /// <param name="w">Weights.</param>
    /// <param name="name">Up to self_attn and a dot.</param>
    /// <param name="tokens">For each token its numbers.</param>
    /// <param name="width">Of a head.</param>
    /// <param name="frequencies">One for each pair that turns; null where none does.</param>
    /// <param name="window">How many positions one sees, itself among them.</param>
    /// <param name="score">What a product of query and key becomes before the softmax.</param>
    /// <param name="length">What turned numbers are multiplied with.</param>
    public static double[][] LlamaAttention(
        ReferenceWeights w, string name, double[][] tokens, int width, double[]? frequencies, int window, Func<double, double> score,
        double length = 1)
    {
        var a = Attention(
            Turned(Linear(w, name + "q_proj", tokens), width, frequencies, length),
            Turned(Linear(w, name + "k_proj", tokens), width, frequencies, length),
            Turned(Linear(w, name + "v_proj", tokens), width, null),
            (t, s) => t - s < window, score);
        return Linear(w, name + "o_proj", a);
    }

    /// <summary>Logits by the matrix lm_head, or where there is none by the embedding's.</summary>
    public static double[][] Head(ReferenceWeights w, double[][] tokens)
    {
        var matrix = w.Matrix(w.Has("lm_head.weight") ? "lm_head.weight" : "model.embed_tokens.weight");
        return [.. tokens.Select(x => Times(matrix, x))];
    }

    public static double[][] Embed(ReferenceWeights w, int[] ids, double factor = 1)
    {
        var embedding = w.Matrix("model.embed_tokens.weight");
        return [.. ids.Select(id => Scale(embedding[id], factor))];
    }
}
