using System.Collections.Concurrent;
using System.Numerics;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Cosines and sines of a rotary embedding, [positions, dimensions], one for each number of a head. The sine of a pair's first
/// number is negated, since the product with it is subtracted there. Shared by all layers with the same embedding on one
/// device, and kept for the life of the process or until one for longer sequences takes its place. Both together have fewer
/// than four heads' numbers for each token of one sequence, where attention keeps four for every head of every layer: memory
/// plans do not count them.
/// </summary>
internal sealed class RotaryTable
{
    /// <summary>Rows of the shortest table, unless the model takes fewer positions. Longer ones double.</summary>
    public const long LeastRows = 4096;

    // One that is replaced is not disposed, since another thread may be about to read it; the garbage collector does that.
    private static readonly ConcurrentDictionary<Key, RotaryTable> s_tables = new();

    private readonly long _lengthClass;

    private RotaryTable(Tensor cos, Tensor sin, long lengthClass) => (Cos, Sin, _lengthClass) = (cos, sin, lengthClass);

    public Tensor Cos { get; }

    public Tensor Sin { get; }

    /// <summary>A table of at least a sequence's positions.</summary>
    /// <param name="rotary">The embedding.</param>
    /// <param name="length">The sequence's length, in tokens.</param>
    /// <param name="device">The device.</param>
    /// <param name="dtype">The compute dtype.</param>
    public static RotaryTable For(Rotary rotary, long length, Device device, ScalarType dtype)
    {
        var lengthClass = rotary.LengthClass(length);

        // Where every length has a table of its own, only the last one is kept.
        var ofItsOwn = lengthClass > 1;
        var key = new Key(rotary, ofItsOwn ? null : lengthClass, device.ToString(), dtype);
        return s_tables.TryGetValue(key, out var kept) && Serves(kept)
            ? kept
            : s_tables.AddOrUpdate(key, _ => New(), (_, other) => Serves(other) ? other : New());

        bool Serves(RotaryTable table) => table._lengthClass == lengthClass && table.Cos.shape[0] >= length;

        RotaryTable New()
        {
            var doubled = (long)BitOperations.RoundUpToPowerOf2((ulong)length);
            var rows = ofItsOwn ? length : Math.Min(Math.Max(doubled, LeastRows), rotary.Positions);
            return Create(rotary, rotary.InverseFrequencies(length), lengthClass, rows, device, dtype);
        }
    }

    private static RotaryTable Create(Rotary rotary, double[] frequencies, long lengthClass, long rows, Device device, ScalarType dtype)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var inverse = tensor(frequencies, dtype: ScalarType.Float64);
        var (allCos, allSin) = (New(), New());
        for (var first = 0L; first < rows; first += LeastRows) Fill(first, Math.Min(LeastRows, rows - first));
        return new RotaryTable(allCos.DetachFromDisposeScope(), allSin.DetachFromDisposeScope(), lengthClass);

        Tensor New() => empty(rows, rotary.Dimensions, dtype: dtype, device: device);

        // In blocks, since what is computed in float64 takes several times the memory.
        void Fill(long first, long count)
        {
            using var block = NewDisposeScope();
            var angles = outer(TensorArithmetic.Range(first, first + count, ScalarType.Float64), inverse);
            var (cos, sin) = (angles.cos(), angles.sin());
            if (rotary.Scaling is { AttentionFactor: not 1 and var factor }) (cos, sin) = (cos.Times(factor), sin.Times(factor));
            allCos.narrow(0, first, count).copy_(Lay(cos, cos));
            allSin.narrow(0, first, count).copy_(Lay(sin.neg(), sin));
        }

        // The first and second number of each pair: in halves, or side by side.
        Tensor Lay(Tensor first, Tensor second) =>
            (rotary.Interleaved ? stack([first, second], -1).flatten(1) : cat([first, second], dim: -1)).to(dtype);
    }

    private sealed record Key(Rotary Rotary, long? LengthClass, string Device, ScalarType Dtype);
}
