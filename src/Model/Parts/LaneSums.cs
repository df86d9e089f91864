using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Adds up what the lanes of a step have summed of one gradient, by a binary tree over the lanes' numbers: the sum has the same bits
/// in whatever order and from wherever the lanes come. A lane without a gradient is an empty place in the tree. While lanes come in
/// their order, at most log2 of their number and one more wait. Owns what waits.
/// </summary>
internal sealed class LaneSums : IDisposable
{
    private readonly List<LaneSum> _waiting = [];

    /// <summary>Bytes of what waits.</summary>
    public long Bytes => _waiting.Sum(s => s.Value.numel() * s.Value.element_size());

    /// <summary>Takes ownership of a sum, and adds it to its neighbour as soon as both are there.</summary>
    public void Add(LaneSum sum)
    {
        using var mode = no_grad();
        while (_waiting.FindIndex(s => s.Level == sum.Level && s.Index == (sum.Index ^ 1)) is >= 0 and var at)
        {
            var other = _waiting[at];
            _waiting.RemoveAt(at);
            var (left, right) = sum.Index < other.Index ? (sum, other) : (other, sum);
            sum = new LaneSum(sum.Level + 1, sum.Index / 2, Plus(left.Value, right.Value));
        }

        _waiting.Add(sum);
    }

    /// <summary>The sum of all lanes, which the caller now owns; null if there was none.</summary>
    public Tensor? Take()
    {
        while (_waiting.Count > 1)
        {
            // Below the lowest there is nothing, so that the place beside it is empty.
            var lowest = _waiting.MinBy(s => s.Level)!;
            _waiting.Remove(lowest);
            Add(lowest with { Level = lowest.Level + 1, Index = lowest.Index / 2 });
        }

        if (_waiting.Count == 0) return null;
        var total = _waiting[0].Value;
        _waiting.Clear();
        return total;
    }

    /// <summary>What there is so far, as few sums as the tree allows; the caller now owns them.</summary>
    public IReadOnlyList<LaneSum> TakeParts()
    {
        LaneSum[] parts = [.. _waiting];
        _waiting.Clear();
        return parts;
    }

    public void Dispose()
    {
        foreach (var sum in _waiting) sum.Value.Dispose();
        _waiting.Clear();
    }

    // Low-precision numbers are added in float32. Frees both.
    private static Tensor Plus(Tensor left, Tensor right)
    {
        using (right)
        {
            if (left.dtype == ScalarType.Float32)
            {
                left.AddInPlace(right);
                return left;
            }

            using (left)
            using (NewDisposeScope())
            {
                return left.to(ScalarType.Float32).Plus(right).DetachFromDisposeScope();
            }
        }
    }
}
