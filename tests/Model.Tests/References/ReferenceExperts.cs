using static LisaOrleans.Model.Tests.ReferenceMath;

namespace LisaOrleans.Model.Tests;

/// <summary>Mixtures of experts (arXiv 2401.04088, section 2.1), token by token, and Llama's layer around them.</summary>
internal static class ReferenceExperts
{
    /// <summary>For each token the sum, over its best experts, of probability times down(silu(gate x) · up x).</summary>
    /// <param name="w">The weights.</param>
    /// <param name="name">The block's name, with a dot at its end.</param>
    /// <param name="tokens">x of each token.</param>
    /// <param name="chosen">Experts of a token.</param>
    /// <param name="renormalise">Whether a token's probabilities are divided by their sum.</param>
    /// <param name="maps">Names of gate, up and down.</param>
    public static double[][] Mixture(
        ReferenceWeights w, string name, double[][] tokens, int chosen, bool renormalise, (string Gate, string Up, string Down) maps)
    {
        var router = w.Matrix(name + "gate.weight");
        var experts = router.Select((_, e) => new[] { maps.Gate, maps.Up, maps.Down }
            .Select(m => w.Matrix($"{name}experts.{e}.{m}.weight")).ToArray()).ToArray();
        return [.. tokens.Select(x =>
        {
            var probabilities = Softmax(Times(router, x));
            var best = Enumerable.Range(0, experts.Length).OrderByDescending(e => probabilities[e]).Take(chosen).ToArray();
            var sum = renormalise ? best.Sum(e => probabilities[e]) : 1;
            return best.Select(e =>
            {
                var inner = Times(experts[e][0], x).Zip(Times(experts[e][1], x), (g, u) => Silu(g) * u).ToArray();
                return Scale(Times(experts[e][2], inner), probabilities[e] / sum);
            }).Aggregate(Add);
        })];
    }

    /// <summary>Logits of a pre-norm model with rotary embeddings.</summary>
    /// <param name="w">The weights.</param>
    /// <param name="ids">A sequence.</param>
    /// <param name="layers">Layers.</param>
    /// <param name="headDim">Width of a head.</param>
    /// <param name="epsilon">Of the norms.</param>
    /// <param name="frequencies">Of the rotary embedding.</param>
    /// <param name="window">A token sees those less than this far back.</param>
    /// <param name="feedForward">The block of a layer, by the layer's name, with a dot at its end.</param>
    public static double[][] Logits(
        ReferenceWeights w, int[] ids, int layers, int headDim, double epsilon, double[] frequencies, int window,
        Func<string, double[][], double[][]> feedForward)
    {
        var embedding = w.Matrix("model.embed_tokens.weight");
        double[][] x = [.. ids.Select(id => embedding[id])];
        for (var layer = 0; layer < layers; layer++)
        {
            var name = $"model.layers.{layer}.";
            var h = RmsNorm(w, name + "input_layernorm", x, epsilon);
            var a = Attention(
                Rotated("q"), Rotated("k"), [.. Linear(w, name + "self_attn.v_proj", h).Select(v => Heads(v, headDim))],
                (t, s) => t - s < window, score => score / Math.Sqrt(headDim));
            x = Add(x, Linear(w, name + "self_attn.o_proj", a));
            x = Add(x, feedForward(name, RmsNorm(w, name + "post_attention_layernorm", x, epsilon)));

            double[][][] Rotated(string which)
            {
                var norm = $"{name}self_attn.{which}_norm.weight";
                var weight = w.Has(norm) ? w.Vector(norm) : null;
                return [.. Linear(w, $"{name}self_attn.{which}_proj", h).Select((v, t) => Heads(v, headDim)
                    .Select(head => Turn(weight is null ? head : RmsNorm(head, weight, epsilon), t, frequencies)).ToArray())];
            }
        }

        var matrix = w.Has("lm_head.weight") ? w.Matrix("lm_head.weight") : embedding;
        return [.. RmsNorm(w, "model.norm", x, epsilon).Select(v => Times(matrix, v))];
    }
}
