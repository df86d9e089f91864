using TorchSharp;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Operators of libtorch that TorchSharp does not wrap, reached through constant TorchScript functions of one operator
/// each, so that its optimizer has nothing to fuse and the first call gives the same bits as the thousandth.
/// </summary>
internal static class Kernels
{
    private static readonly Lazy<jit.CompilationUnit> s_unit = new(() => jit.compile("""
        def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
            return torch.rms_norm(x, [weight.size(0)], weight, eps)

        def embedding(weight: Tensor, ids: Tensor) -> Tensor:
            return torch.embedding(weight, ids)

        def gelu_tanh(x: Tensor) -> Tensor:
            return torch.gelu(x, approximate="tanh")

        def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor, scale: float) -> Tensor:
            return torch.scaled_dot_product_attention(q, k, v, mask, 0.0, False, scale=scale)

        def causal_attention(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
            return torch.scaled_dot_product_attention(q, k, v, None, 0.0, True, scale=scale)

        def fused_adamw(params: List[Tensor], grads: List[Tensor], exp_avgs: List[Tensor], exp_avg_sqs: List[Tensor],
                        max_exp_avg_sqs: List[Tensor], steps: List[Tensor], lr: float, beta1: float, beta2: float,
                        weight_decay: float, eps: float):
            torch._fused_adamw_(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, steps, lr=lr, beta1=beta1, beta2=beta2,
                                weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False)

        # Dtypes are numbers here: 3 is int32, 6 is float32.
        def round_down(x: Tensor, noise: Tensor) -> Tensor:
            return torch.view_copy(torch.bitwise_and(torch.view_copy(x, dtype=3) + noise, -65536), dtype=6)

        def blocks(x: Tensor, size: int) -> Tensor:
            return torch.constant_pad_nd(x, [0, (size - x.size(0) % size) % size]).view(-1, size)

        def largest_of_blocks(x: Tensor, size: int) -> Tensor:
            return blocks(x, size).abs().amax(1)

        def quantize(x: Tensor, largest: Tensor, bounds: Tensor, size: int) -> Tensor:
            scale = torch.where(largest > 0, largest, torch.ones_like(largest))
            return torch.bucketize(blocks(x, size) / scale.unsqueeze(1), bounds, out_int32=True).view(-1)[:x.size(0)]

        def pack_half_bytes(codes: Tensor) -> Tensor:
            pairs = blocks(codes, 2)
            return pairs.select(1, 0) * 16 + pairs.select(1, 1)

        def unpack_half_bytes(codes: Tensor) -> Tensor:
            return torch.stack([torch.bitwise_right_shift(codes, 4), torch.bitwise_and(codes, 15)], 1).view(-1)

        def dequantize(codes: Tensor, largest: Tensor, values: Tensor, size: int) -> Tensor:
            x = torch.index_select(values, 0, codes)
            return (blocks(x, size) * largest.unsqueeze(1)).view(-1)[:codes.size(0)]

        """));

    /// <summary>Root-mean-square norm over the last dimension, computed in float32: [..., D], [D] → [..., D].</summary>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double eps)
    {
        using var epsilon = eps.ToScalar();
        return (Tensor)Invoke("rms_norm", x, weight, epsilon);
    }

    /// <summary>Rows of a matrix: [V, D], int64 [B, T] → [B, T, D]. Its gradient is dense and deterministic.</summary>
    public static Tensor Embedding(Tensor weight, Tensor ids) => (Tensor)Invoke("embedding", weight, ids);

    /// <summary>GELU with the tanh approximation, element by element.</summary>
    public static Tensor GeluTanh(Tensor x) => (Tensor)Invoke("gelu_tanh", x);

    /// <summary>softmax(scale · q kᵀ) v, where the mask is true: [B, H, T, K], [B, H, S, K] twice → [B, H, T, K].</summary>
    /// <param name="q">Queries.</param>
    /// <param name="k">Keys.</param>
    /// <param name="v">Values.</param>
    /// <param name="mask">Broadcast to [B, H, T, S]; null for causal, with as many queries as keys.</param>
    /// <param name="scale">What scores are multiplied by; the wrapped operator has 1 / √K only.</param>
    public static Tensor Attention(Tensor q, Tensor k, Tensor v, Tensor? mask, double scale)
    {
        using var factor = scale.ToScalar();
        return mask is null
            ? (Tensor)Invoke("causal_attention", q, k, v, factor)
            : (Tensor)Invoke("attention", q, k, v, mask, factor);
    }

    /// <summary>The largest magnitude of each block: float32 [N] → [blocks].</summary>
    public static Tensor LargestOfBlocks(Tensor x, long size)
    {
        using var length = size.ToScalar();
        return (Tensor)Invoke("largest_of_blocks", x, length);
    }

    /// <summary>How many of the ascending bounds each number lies above, after division by its block's largest: [N] → int32 [N].</summary>
    public static Tensor Quantize(Tensor x, Tensor largest, Tensor bounds, long size)
    {
        using var length = size.ToScalar();
        return (Tensor)Invoke("quantize", x, largest, bounds, length);
    }

    /// <summary>Two codes below 16 in each byte, the first in its upper half: int32 [N] → uint8 [N / 2], rounded up.</summary>
    public static Tensor PackHalfBytes(Tensor codes) => ((Tensor)Invoke("pack_half_bytes", codes)).to(ScalarType.Byte);

    /// <summary>The codes of <see cref="PackHalfBytes"/> again: uint8 [N / 2], rounded up → uint8 [N].</summary>
    public static Tensor UnpackHalfBytes(Tensor codes, long count) =>
        ((Tensor)Invoke("unpack_half_bytes", codes)).narrow(0, 0, count);

    /// <summary>The value that each code names, times its block's largest: uint8 [N] → float32 [N].</summary>
    public static Tensor Dequantize(Tensor codes, Tensor largest, Tensor values, long size)
    {
        using var indices = codes.to(ScalarType.Int32);
        using var length = size.ToScalar();
        return (Tensor)Invoke("dequantize", indices, largest, values, length);
    }

    /// <summary>
    /// Cuts off the 16 bits that bfloat16 does not have, after noise was added to the number's bits: float32, int32 from 0 to 65535
    /// → float32.
    /// </summary>
    public static Tensor RoundDown(Tensor x, Tensor noise) => (Tensor)Invoke("round_down", x, noise);

    /// <summary>One AdamW update in place. All tensors of one dtype; <paramref name="steps"/> float32 scalars, already advanced.</summary>
    public static void FusedAdamW(
        Tensor[] parameters, Tensor[] gradients, Tensor[] expAvgs, Tensor[] expAvgSqs, Tensor[] steps,
        double lr, double beta1, double beta2, double weightDecay, double eps)
    {
        using var rate = lr.ToScalar();
        using var first = beta1.ToScalar();
        using var second = beta2.ToScalar();
        using var decay = weightDecay.ToScalar();
        using var epsilon = eps.ToScalar();
        Invoke(
            "fused_adamw", parameters, gradients, expAvgs, expAvgSqs, Array.Empty<Tensor>(), steps, rate, first, second, decay, epsilon);
    }

    // For a number, TorchSharp 0.107 passes the handle of a Scalar that nothing keeps alive, so that a garbage collection can free it
    // before libtorch reads it. Whoever calls this holds Scalars of its own. Nor does it hold the values themselves meanwhile.
    private static object Invoke(string function, params object[] values)
    {
        if (Array.Find(values, v => v is not (Tensor or Tensor[] or Scalar)) is { } other)
            throw new ArgumentException($"{function} got a {other.GetType().Name}; numbers must be Scalars that are held meanwhile", nameof(values));
        var result = s_unit.Value.invoke(function, values);
        GC.KeepAlive(values);
        return result;
    }
}
