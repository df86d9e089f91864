using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// One weight of a part: the leaf tensor that the arithmetic uses and, while the part trains, its optimizer state and
/// gradients. Owns all of them.
/// </summary>
internal sealed class Parameter : IDisposable
{
    private readonly PartDtypes _dtypes;
    private readonly GradientBuffer _gradient;
    private GradientBuffer? _aliasGradient;

    /// <summary>Takes ownership of <paramref name="value"/>, which is in the compute dtype.</summary>
    public Parameter(ParameterSpec spec, Tensor value, PartDtypes dtypes)
    {
        (Spec, Value, _dtypes) = (spec, value, dtypes);
        _gradient = new GradientBuffer(value);
    }

    public ParameterSpec Spec { get; }

    /// <summary>The leaf, in the compute dtype.</summary>
    public Tensor Value { get; }

    /// <summary>
    /// A second leaf over the same memory, for a second use of the weight in another part (tied embeddings). Its gradients
    /// are summed apart and added last, so that the order of additions does not depend on which use comes first.
    /// </summary>
    public Tensor? Alias { get; private set; }

    public OptimizerState? State { get; private set; }

    public long WeightBytes => Value.numel() * Value.element_size();

    public long GradientBytes => _gradient.Bytes + (_aliasGradient?.Bytes ?? 0);

    public void CreateAlias()
    {
        if (Alias is not null) return;
        Alias = Value.detach().DetachFromDisposeScope();
        Alias.requires_grad = State is not null;
        _aliasGradient = new GradientBuffer(Alias);
    }

    public void MakeTrainable(IPartOptimizer optimizer)
    {
        State ??= new OptimizerState(Spec, Value, _dtypes, optimizer);
        SetRequiresGradient(true);
    }

    /// <summary>Drops state and gradients, and rounds the weight to the stored dtype.</summary>
    public void Freeze()
    {
        ClearGradients();
        SetRequiresGradient(false);
        State?.Dispose();
        State = null;
        if (_dtypes.Storage == _dtypes.Compute) return;

        using var _ = no_grad();
        using var rounded = Value.to(_dtypes.Storage);
        Value.copy_(rounded);
    }

    public void BeforeBackward()
    {
        _gradient.BeforeBackward();
        _aliasGradient?.BeforeBackward();
    }

    /// <summary>The step's whole gradient, which the caller now owns; null if there was none.</summary>
    public Tensor? TakeGradient()
    {
        var own = _gradient.Take();
        var alias = _aliasGradient?.Take();
        if (own is null || alias is null) return own ?? alias;

        using (alias)
        {
            using var mode = no_grad();
            using var scope = NewDisposeScope();
            if (own.dtype == ScalarType.Float32)
            {
                own.AddInPlace(alias);
                return own;
            }

            using (own)
            {
                return own.to(ScalarType.Float32).Plus(alias).DetachFromDisposeScope();
            }
        }
    }

    public void ClearGradients()
    {
        _gradient.Clear();
        _aliasGradient?.Clear();
    }

    public void Dispose()
    {
        _gradient.Dispose();
        _aliasGradient?.Dispose();
        State?.Dispose();
        Alias?.Dispose();
        Value.Dispose();
    }

    private void SetRequiresGradient(bool value)
    {
        Value.requires_grad = value;
        if (Alias is not null) Alias.requires_grad = value;
    }
}
