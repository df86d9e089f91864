using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Sums the gradients of one leaf over the micro-batches of a step: those of a lane in the order in which they come, and lanes by
/// <see cref="LaneSums"/>. Low-precision gradients of several micro-batches are summed in float32; that of a single one is left as autograd
/// made it. A head that cuts a micro-batch's logits into chunks runs backward for each of them, and autograd adds these in the leaf's dtype.
/// </summary>
internal sealed class GradientBuffer(Tensor leaf) : IDisposable
{
    private readonly LaneSums _lanes = new();

    // Of the lane under way.
    private LaneSum? _sum;
    private int _lane;

    public long Bytes
    {
        get
        {
            using var gradient = leaf.grad;
            return _lanes.Bytes + Size(_sum?.Value) + Size(gradient);

            static long Size(Tensor? tensor) => tensor is null ? 0 : tensor.numel() * tensor.element_size();
        }
    }

    /// <summary>Call before each backward pass that adds to the leaf: lanes come one after the other.</summary>
    public void BeforeBackward(int lane)
    {
        if (lane != _lane) EndLane();
        _lane = lane;
        KeepApart();
    }

    /// <summary>Keeps autograd from adding low-precision numbers of the next micro-batch to those that are there.</summary>
    public void KeepApart()
    {
        if (leaf.dtype != ScalarType.Float32) Fold();
    }

    /// <summary>Adds the gradient of a micro-batch of the lane that was last begun, where the leaf is a table that it uses some rows of.</summary>
    /// <param name="rows">The numbers of these rows, ascending.</param>
    /// <param name="values">Their gradient, which is owned from now on.</param>
    public void Add(long[] rows, Tensor values)
    {
        var gradient = new LaneSum(0, _lane, values, rows);
        _sum = _sum is null ? gradient : LaneSums.Plus(_sum, gradient);
    }

    /// <summary>The step's gradient, which the caller now owns; null if there was none.</summary>
    public LaneSum? Take()
    {
        EndLane();
        return _lanes.Take();
    }

    /// <summary>What has been summed here of the step, for another replica, which adds it to its own; the caller now owns it.</summary>
    public IReadOnlyList<LaneSum> TakeParts()
    {
        EndLane();
        return _lanes.TakeParts();
    }

    /// <summary>Adds what another replica has summed; takes ownership.</summary>
    public void Add(LaneSum sum) => _lanes.Add(sum);

    /// <summary>Forgets the step's gradients.</summary>
    public void Clear()
    {
        leaf.grad = null;
        _sum?.Value.Dispose();
        _sum = null;
        _lanes.Dispose();
    }

    public void Dispose() => Clear();

    private void EndLane()
    {
        if (_sum is not null) Fold();
        var sum = _sum ?? (leaf.grad?.DetachFromDisposeScope() is { } gradient ? new LaneSum(0, _lane, gradient) : null);
        _sum = null;
        leaf.grad = null;
        if (sum is not null) _lanes.Add(sum);
    }

    private void Fold()
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var gradient = leaf.grad;
        if (gradient is null) return;
        if (_sum is null) _sum = new LaneSum(0, _lane, gradient.to(ScalarType.Float32).DetachFromDisposeScope());
        else _sum.Value.AddInPlace(gradient);
        leaf.grad = null;
    }
}
