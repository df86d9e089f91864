using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <content>What several replicas send each other of the weight: sums of its gradients, and its new numbers.</content>
internal sealed partial class Parameter
{
    // Of a table, which rows are as new as the owner's; null where all of the weight is.
    private bool[]? _newest;

    /// <summary>What has been summed here of each of the weight's uses, for another replica; the caller now owns it.</summary>
    public IEnumerable<GradientSum> TakeSums() =>
    [
        .. (_gradient?.TakeParts() ?? []).Select(s => new GradientSum(
            Spec.Name, OfAlias: false, s with { Rows = null }, s.Rows is null ? null : tensor(s.Rows, device: s.Value.device))),
        .. (_aliasGradient?.TakeParts() ?? []).Select(s => new GradientSum(Spec.Name, OfAlias: true, s)),
    ];

    /// <summary>Adds what another replica has summed; owns it unless this throws.</summary>
    public void Add(GradientSum sum)
    {
        var buffer = (sum.OfAlias ? _aliasGradient : _gradient) ?? throw new InvalidOperationException($"{Spec.Name} does not train");
        if (sum.Rows is null)
        {
            CheckShape(sum.Sum.Value.shape, Spec.Shape);
            buffer.Add(sum.Sum);
            return;
        }

        buffer.Add(sum.Sum with { Rows = TableRows.Checked(Spec, sum.Rows, sum.Sum.Value) });
        sum.Rows.Dispose();
    }

    /// <summary>Frees what the optimizer keeps: from now on another replica does.</summary>
    public void DropState()
    {
        State?.Dispose();
        State = null;
    }

    /// <summary>Takes over another replica's new numbers, which are not owned.</summary>
    /// <param name="value">The weight, or the rows of a table that are named.</param>
    /// <param name="rows">Their numbers, ascending; from now on only they may be looked up. Null for the whole weight.</param>
    public void Take(Tensor value, int[]? rows)
    {
        using var mode = no_grad();
        if (rows is null)
        {
            CheckShape(value.shape, Spec.Shape);
            Exact.copy_(value);
            _newest = null;
            return;
        }

        using var scope = NewDisposeScope();
        CheckShape(value.shape, [rows.Length, .. Spec.Shape.Skip(1)]);
        Exact.index_copy_(0, TableRows.Index(Spec, rows, Exact.device), value);
        _newest = new bool[Spec.Shape[0]];
        foreach (var row in rows) _newest[row] = true;
    }

    /// <summary>Whether a row of a table is as new as the owner's.</summary>
    public bool HasNewest(int row) => _newest is null || _newest[row];

    private void CheckShape(IReadOnlyList<long> sent, IReadOnlyList<long> wanted)
    {
        if (!sent.SequenceEqual(wanted))
            throw new ArgumentException($"{Spec.Name} was sent as [{string.Join(", ", sent)}] instead of [{string.Join(", ", wanted)}]");
    }
}
