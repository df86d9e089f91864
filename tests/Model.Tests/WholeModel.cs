// Shapes: B batch, T sequence, D model width, H heads, G key/value heads, K head width, V vocabulary.
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model.Tests;

/// <summary>
/// A plain whole-model Llama with ordinary autograd, written from the formulas and sharing no code with the product:
/// explicit softmax attention, explicit rotation by complex angle, explicit norms.
/// </summary>
internal static class WholeModel
{
    /// <summary>Logits [B, T, V].</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="w">The weights.</param>
    /// <param name="ids_BT">The tokens.</param>
    /// <param name="padding">The token whose embedding counts as a constant; null for none.</param>
    public static Tensor Logits(DecoderConfig config, IReadOnlyDictionary<string, Tensor> w, Tensor ids_BT, int? padding = null)
    {
        var x = w["model.embed_tokens.weight"].index_select(0, ids_BT.flatten()).view(ids_BT.shape[0], ids_BT.shape[1], -1);
        if (padding is { } id) x = where(ids_BT.eq(id).unsqueeze(2), x.detach(), x);
        for (var i = 0; i < config.NumHiddenLayers; i++) x = Layer(config, w, $"model.layers.{i}.", x);
        var head = config.TieWordEmbeddings ? w["model.embed_tokens.weight"] : w["lm_head.weight"];
        return Norm(x, w["model.norm.weight"], config.RmsNormEps).matmul(head.t());
    }

    /// <summary>Mean cross-entropy over labels that are not -100.</summary>
    public static Tensor Loss(
        DecoderConfig config, IReadOnlyDictionary<string, Tensor> w, Tensor ids_BT, Tensor labels_BT, int? padding = null)
    {
        var logProbabilities = F.log_softmax(Logits(config, w, ids_BT, padding), -1).view(-1, config.VocabSize);
        var labels = labels_BT.flatten();
        var keep = labels.ne(-100);
        var safe = labels.clamp_min(0).unsqueeze(1);
        var picked = logProbabilities.gather(1, safe).squeeze(1);
        return picked.mul(keep.to(ScalarType.Float32)).sum().neg() / keep.sum();
    }

    public static Tensor Layer(DecoderConfig config, IReadOnlyDictionary<string, Tensor> w, string prefix, Tensor x_BTD)
    {
        var h = Norm(x_BTD, W("input_layernorm.weight"), config.RmsNormEps);
        var (b, t) = (x_BTD.shape[0], x_BTD.shape[1]);
        var q = Rotate(config, Project("self_attn.q_proj", h).view(b, t, config.NumAttentionHeads, config.HeadDim));
        var k = Rotate(config, Project("self_attn.k_proj", h).view(b, t, config.NumKeyValueHeads, config.HeadDim));
        var v = Project("self_attn.v_proj", h).view(b, t, config.NumKeyValueHeads, config.HeadDim);
        var mask = triu(full(t, t, float.NegativeInfinity, dtype: x_BTD.dtype), 1);
        var heads = new List<Tensor>();
        var group = config.NumAttentionHeads / config.NumKeyValueHeads;
        for (var head = 0; head < config.NumAttentionHeads; head++)
        {
            var (qh, kh, vh) = (q.select(2, head), k.select(2, head / group), v.select(2, head / group));
            var scores = (qh.matmul(kh.transpose(1, 2)) / Math.Sqrt(config.HeadDim)) + mask;
            heads.Add(softmax(scores, -1).matmul(vh));
        }

        var y = x_BTD + Project("self_attn.o_proj", cat(heads, -1));
        var n = Norm(y, W("post_attention_layernorm.weight"), config.RmsNormEps);
        var gate = Project("mlp.gate_proj", n);
        return y + Project("mlp.down_proj", gate * gate.sigmoid() * Project("mlp.up_proj", n));

        Tensor W(string name) => w[prefix + name];

        Tensor Project(string name, Tensor input)
        {
            var output = input.matmul(W(name + ".weight").t());
            return w.TryGetValue($"{prefix}{name}.bias", out var bias) ? output + bias : output;
        }
    }

    private static Tensor Norm(Tensor x, Tensor weight, double eps) => x / (x.pow(2).mean([-1], keepdim: true) + eps).sqrt() * weight;

    // Dimensions j and j + K/2 are a complex number that turns by position * theta^(-2j/K).
    private static Tensor Rotate(DecoderConfig config, Tensor x_BTHK)
    {
        var half = config.HeadDim / 2;
        var angles = new double[x_BTHK.shape[1], half];
        for (var t = 0; t < angles.GetLength(0); t++)
            for (var j = 0; j < half; j++)
                angles[t, j] = t * Math.Pow(config.Rope.Theta, -2.0 * j / config.HeadDim);
        var angle = tensor(angles).to(x_BTHK.dtype).unsqueeze(1);
        var (re, im) = (x_BTHK.narrow(-1, 0, half), x_BTHK.narrow(-1, half, half));
        return cat([(re * angle.cos()) - (im * angle.sin()), (im * angle.cos()) + (re * angle.sin())], -1);
    }
}
