// Shapes: B batch, T sequence, S sequence with cache, H heads, K head width, W the same with room for the sinks.
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <summary>
/// Attention in which each head has a learned score, its sink, that takes part in the softmax and adds nothing (gpt-oss), with
/// the fused operator, which has no sinks of its own: a sink is the score of one more key, in front of all others, with a value
/// of 0. Each query has one more number, 1; in its place that key has the sink, and all other keys 0.
/// </summary>
internal static class SinkAttention
{
    // GPU kernels read this many numbers at a time.
    private const int Multiple = 8;

    /// <summary>Width of queries, keys and values with room for the sinks.</summary>
    public static long Width(long headDim) => (headDim / Multiple * Multiple) + Multiple;

    /// <summary>q [B, H, T, K], k and v [B, H, S, K] → [B, H, T, K].</summary>
    /// <param name="q_BHTK">Queries.</param>
    /// <param name="k_BHSK">Keys.</param>
    /// <param name="v_BHSK">Values.</param>
    /// <param name="sinks_H">The sinks.</param>
    /// <param name="scale">What scores, but not sinks, are multiplied by.</param>
    /// <param name="mask">True where a query sees a key; null where it sees all up to itself.</param>
    public static Tensor Forward(Tensor q_BHTK, Tensor k_BHSK, Tensor v_BHSK, Tensor sinks_H, double scale, Tensor? mask)
    {
        var (batch, heads, length, headDim) = (q_BHTK.shape[0], q_BHTK.shape[1], q_BHTK.shape[2], q_BHTK.shape[3]);
        var room = Width(headDim) - headDim;

        // Plainly causal: with one more query in front of all others too, each query still sees up to its own place.
        var causal = mask is null && length > 1;
        var one = F.pad(q_BHTK.new_ones(1, 1, 1, 1), [0, room - 1]).expand(batch, heads, length, room);
        var q_BHTW = cat([q_BHTK, one], -1);
        if (causal) q_BHTW = F.pad(q_BHTW, [0, 0, 1, 0]);

        var sinkKey_BH1W = F.pad(sinks_H.Over(scale).view(1, heads, 1, 1), [headDim, room - 1]).expand(batch, -1, -1, -1);
        var k_BHSW = cat([sinkKey_BH1W, F.pad(k_BHSK, [0, room])], 2);
        var v_BHSW = F.pad(v_BHSK, [0, room, 1, 0]);
        if (mask is not null) mask = F.pad(mask, [1, 0], value: 1);
        else if (!causal) mask = ones(1, 1, length, k_BHSW.shape[2], dtype: ScalarType.Bool, device: q_BHTK.device);

        var a_BHTW = Kernels.Attention(q_BHTW, k_BHSW, v_BHSW, mask, scale);
        return a_BHTW.narrow(2, causal ? 1 : 0, length).narrow(-1, 0, headDim);
    }
}
