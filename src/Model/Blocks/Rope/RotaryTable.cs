using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Cosines and sines of a rotary embedding, [positions, dimensions], one for each number of a head. The sine of a pair's first
/// number is negated, since the product with it is subtracted there. Shared by all layers with the same embedding on one
/// device; small, and kept for the life of the process.
/// </summary>
internal sealed class RotaryTable
{
    private static readonly ConcurrentDictionary<Key, RotaryTable> s_tables = new();

    // Where every length has a table of its own, only the last one is kept.
    private static readonly ConcurrentDictionary<Key, (long Length, RotaryTable Table)> s_latest = new();

    private RotaryTable(Tensor cos, Tensor sin) => (Cos, Sin) = (cos, sin);

    public Tensor Cos { get; }

    public Tensor Sin { get; }

    /// <param name="rotary">The embedding.</param>
    /// <param name="lengthClass">Which lengths it is for, as its scaling says.</param>
    /// <param name="device">The device.</param>
    /// <param name="dtype">The compute dtype.</param>
    public static RotaryTable For(Rotary rotary, long lengthClass, Device device, ScalarType dtype)
    {
        if (lengthClass <= 1)
        {
            return s_tables.GetOrAdd(
                new Key(rotary, lengthClass, device.ToString(), dtype), _ => Create(rotary, lengthClass, rotary.Positions, device, dtype));
        }

        return s_latest.AddOrUpdate(
            new Key(rotary, 0, device.ToString(), dtype),
            _ => (lengthClass, Create(rotary, lengthClass, lengthClass, device, dtype)),
            (_, kept) => kept.Length == lengthClass ? kept : (lengthClass, Create(rotary, lengthClass, lengthClass, device, dtype))).Table;
    }

    private static RotaryTable Create(Rotary rotary, long lengthClass, long positions, Device device, ScalarType dtype)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var inverse = rotary.Scaling?.InverseFrequencies(rotary, lengthClass) ?? rotary.BaseFrequencies(rotary.Theta);
        var angles = outer(TensorArithmetic.Range(0, positions, ScalarType.Float64), tensor(inverse, dtype: ScalarType.Float64));
        var (cos, sin) = (angles.cos(), angles.sin());
        if (rotary.Scaling is { AttentionFactor: not 1 and var factor }) (cos, sin) = (cos.Times(factor), sin.Times(factor));
        return new RotaryTable(Lay(cos, cos), Lay(sin.neg(), sin));

        // The first and second number of each pair: in halves, or side by side.
        Tensor Lay(Tensor first, Tensor second) =>
            (rotary.Interleaved ? stack([first, second], -1).flatten(1) : cat([first, second], dim: -1))
            .to(dtype).to(device).DetachFromDisposeScope();
    }

    private sealed record Key(Rotary Rotary, long LengthClass, string Device, ScalarType Dtype);
}
