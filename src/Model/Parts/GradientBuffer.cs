using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Sums the gradients of one leaf over the micro-batches of a step, in the order in which they come. Several low-precision
/// gradients are summed in float32; a single one is left as autograd made it.
/// </summary>
internal sealed class GradientBuffer(Tensor leaf) : IDisposable
{
    private Tensor? _sum;

    /// <summary>Call before each backward pass: keeps autograd from adding low-precision numbers to each other.</summary>
    public void BeforeBackward()
    {
        if (leaf.dtype == ScalarType.Float32) return;
        Fold();
    }

    /// <summary>The step's gradient, which the caller now owns; null if there was none.</summary>
    public Tensor? Take()
    {
        if (_sum is not null) Fold();
        var gradient = _sum ?? leaf.grad?.DetachFromDisposeScope();
        _sum = null;
        leaf.grad = null;
        return gradient;
    }

    /// <summary>Forgets the step's gradients.</summary>
    public void Clear()
    {
        leaf.grad = null;
        _sum?.Dispose();
        _sum = null;
    }

    public long Bytes
    {
        get
        {
            using var gradient = leaf.grad;
            return Size(_sum) + Size(gradient);

            static long Size(Tensor? tensor) => tensor is null ? 0 : tensor.numel() * tensor.element_size();
        }
    }

    public void Dispose() => Clear();

    private void Fold()
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var gradient = leaf.grad;
        if (gradient is null) return;
        if (_sum is null) _sum = gradient.to(ScalarType.Float32).DetachFromDisposeScope();
        else _sum.AddInPlace(gradient);
        leaf.grad = null;
    }
}
