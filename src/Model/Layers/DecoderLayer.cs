// Shapes: B batch, T sequence, S sequence with cache, D model width, H heads, G key/value heads, K head width, F feed-forward width.
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <summary>
/// The arithmetic of one Llama decoder layer (Hugging Face: LlamaDecoderLayer): pre-norm attention with rotary positions
/// and grouped queries, then a pre-norm SwiGLU feed-forward, each added to the residual stream. Holds no state.
/// </summary>
internal sealed class DecoderLayer(ModelConfig config, IReadOnlyList<Tensor> weights)
{
    private readonly DecoderLayerWeights _w = new(config, weights);

    /// <summary>x [B, T, D] → [B, T, D].</summary>
    public Tensor Forward(Tensor x_BTD, SequenceContext context, KeyValueCache? cache = null)
    {
        var h_BTD = x_BTD + Attention(Kernels.RmsNorm(x_BTD, _w.InputNorm, config.RmsNormEps), context, cache);
        return h_BTD + FeedForward(Kernels.RmsNorm(h_BTD, _w.PostAttentionNorm, config.RmsNormEps));
    }

    private Tensor Attention(Tensor x_BTD, SequenceContext context, KeyValueCache? cache)
    {
        var (batch, length) = (x_BTD.shape[0], x_BTD.shape[1]);
        var q_BHTK = Rotate(Heads(F.linear(x_BTD, _w.Query, _w.QueryBias), config.NumAttentionHeads), context);
        var k_BGSK = Rotate(Heads(F.linear(x_BTD, _w.Key, _w.KeyBias), config.NumKeyValueHeads), context);
        var v_BGSK = Heads(F.linear(x_BTD, _w.Value, _w.ValueBias), config.NumKeyValueHeads);
        if (cache is not null) (k_BGSK, v_BGSK) = cache.Append(k_BGSK, v_BGSK);

        // One new token sees everything cached, so it needs no mask.
        var causal = context.Mask is null && length > 1;
        var a_BHTK = F.scaled_dot_product_attention(
            q_BHTK, ForEachQueryHead(k_BGSK), ForEachQueryHead(v_BGSK), attn_mask: context.Mask, is_casual: causal);
        var a_BTD = a_BHTK.transpose(1, 2).reshape(batch, length, (long)config.NumAttentionHeads * config.HeadDim);
        return F.linear(a_BTD, _w.Output, _w.OutputBias);

        Tensor Heads(Tensor x, long heads) => x.view(batch, length, heads, config.HeadDim).transpose(1, 2);
    }

    private Tensor FeedForward(Tensor x_BTD)
    {
        var gate_BTF = F.silu(F.linear(x_BTD, _w.Gate, _w.GateBias));
        return F.linear(gate_BTF * F.linear(x_BTD, _w.Up, _w.UpBias), _w.Down, _w.DownBias);
    }

    // The halves change places; the sign that one of them gets is in the table.
    private Tensor Rotate(Tensor x, SequenceContext context) => (x * context.Cos) + (x.roll(config.HeadDim / 2, -1) * context.Sin);

    // Grouped queries: each key/value head serves H / G neighbouring query heads.
    private Tensor ForEachQueryHead(Tensor x_BGSK)
    {
        long groups = config.NumKeyValueHeads, repeats = config.NumAttentionHeads / groups;
        if (repeats == 1) return x_BGSK;
        var (batch, length) = (x_BGSK.shape[0], x_BGSK.shape[2]);
        return x_BGSK.unsqueeze(2).expand(batch, groups, repeats, length, config.HeadDim)
            .reshape(batch, groups * repeats, length, config.HeadDim);
    }
}
