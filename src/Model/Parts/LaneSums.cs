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
            sum = Plus(left, right) with { Level = sum.Level + 1, Index = sum.Index / 2 };
        }

        _waiting.Add(sum);
    }

    /// <summary>The sum of all lanes, which the caller now owns; null if there was none.</summary>
    public LaneSum? Take()
    {
        while (_waiting.Count > 1)
        {
            // Below the lowest there is nothing, so that the place beside it is empty.
            var lowest = _waiting.MinBy(s => s.Level)!;
            _waiting.Remove(lowest);
            Add(lowest with { Level = lowest.Level + 1, Index = lowest.Index / 2 });
        }

        if (_waiting.Count == 0) return null;
        var total = _waiting[0];
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

    /// <summary>
    /// Adds the second to the first, in the first one's place in the tree: low-precision numbers in float32, and rows of a table by their
    /// numbers. Frees both.
    /// </summary>
    public static LaneSum Plus(LaneSum left, LaneSum right)
    {
        using var mode = no_grad();
        if (left.Rows is not null)
            return right.Rows is null ? left with { Value = TableRows.AddTo(right.Value, left), Rows = null } : TableRows.Plus(left, right);
        if (right.Rows is not null) return left with { Value = TableRows.AddTo(left.Value, right) };
        using (right.Value)
        {
            if (left.Value.dtype == ScalarType.Float32)
            {
                left.Value.AddInPlace(right.Value);
                return left;
            }

            using (left.Value)
            using (NewDisposeScope())
            {
                return left with { Value = left.Value.to(ScalarType.Float32).Plus(right.Value).DetachFromDisposeScope() };
            }
        }
    }
}
