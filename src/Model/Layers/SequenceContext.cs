using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Where the tokens of a micro-batch stand: the rotary rows that apply to them, and who may see whom. Made inside a
/// dispose scope for one forward pass of one part.
/// </summary>
internal sealed class SequenceContext
{
    private SequenceContext(Tensor cos, Tensor sin, Tensor? mask) => (Cos, Sin, Mask) = (cos, sin, mask);

    /// <summary>[T, K], or [B, 1, T, K] where rows differ.</summary>
    public Tensor Cos { get; }

    /// <summary>Shaped as <see cref="Cos"/>.</summary>
    public Tensor Sin { get; }

    /// <summary>Bool, broadcast to [B, H, T, S]: true where position t sees position s. Null: plainly causal.</summary>
    public Tensor? Mask { get; }

    /// <summary>Rows that count from <paramref name="start"/> and are one sample each.</summary>
    public static SequenceContext Plain(RotaryTable table, long length, long start = 0)
    {
        // With a cache, several new tokens see all cached ones and each other causally.
        var mask = start > 0 && length > 1
            ? ones(length, start + length, dtype: ScalarType.Bool, device: table.Cos.device).tril(start)
            : null;
        return new SequenceContext(table.Cos.narrow(0, start, length), table.Sin.narrow(0, start, length), mask);
    }

    /// <summary>Packed rows: int64 [B, T] each. A position sees earlier positions of its own segment.</summary>
    public static SequenceContext Packed(RotaryTable table, Tensor positions_BT, Tensor segments_BT)
    {
        var length = segments_BT.shape[1];
        var same_BTT = segments_BT.unsqueeze(2).eq(segments_BT.unsqueeze(1));
        var causal_TT = ones(length, length, dtype: ScalarType.Bool, device: segments_BT.device).tril();
        return new SequenceContext(
            table.Cos[positions_BT].unsqueeze(1), table.Sin[positions_BT].unsqueeze(1), same_BTT.logical_and(causal_TT).unsqueeze(1));
    }
}
