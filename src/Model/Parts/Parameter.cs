using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// One weight of a part: the leaf tensor that the arithmetic uses and, while the part trains, its optimizer state and
/// gradients. Owns all of them. While the part does not train, the arithmetic may use a packed form of the weight instead.
/// </summary>
internal sealed partial class Parameter : IDisposable
{
    private readonly PartDtypes _dtypes;
    private readonly WeightPacking? _packing;
    private Tensor? _exact;
    private IPackedWeight? _packed;
    private WeightScratch.Room? _room;
    private GradientBuffer? _gradient;
    private GradientBuffer? _aliasGradient;

    /// <summary>Takes ownership of a weight.</summary>
    /// <param name="spec">Name and shape.</param>
    /// <param name="value">The exact weight, in the dtype that it is held in while it does not train, or in another that is exact.</param>
    /// <param name="dtypes">The run's number formats.</param>
    /// <param name="packing">How it is packed while it does not train; null to stay as it is.</param>
    public Parameter(ParameterSpec spec, Tensor value, PartDtypes dtypes, WeightPacking? packing = null) =>
        (Spec, _exact, _dtypes, _packing) = (spec, Converted(value, dtypes.AtRest), dtypes, packing);

    public ParameterSpec Spec { get; }

    /// <summary>
    /// What the arithmetic uses: the leaf, or for a packed weight the room that it shares with other layers, with its numbers in the
    /// compute dtype.
    /// </summary>
    public Tensor Value
    {
        get
        {
            if (_packed is null) return Exact;
            WasUnpacked = true;
            return _room!.Unpack(_packed);
        }
    }

    /// <summary>The exact weight: in the compute dtype while it trains, else in that in which weights rest.</summary>
    public Tensor Exact => _exact ?? throw new InvalidOperationException($"the exact weights of {Spec.Name} are in the store only");

    public bool HoldsExact => _exact is not null;

    public bool IsPacked => _packed is not null;

    /// <value>Whether a packed weight was used since this was last set to false.</value>
    public bool WasUnpacked { get; set; }

    /// <summary>
    /// A second leaf over the same memory, for a second use of the weight in another part (tied embeddings). Its gradients
    /// are summed apart and added last, so that the order of additions does not depend on which use comes first.
    /// </summary>
    public Tensor? Alias { get; private set; }

    /// <summary>What the optimizer keeps; null while the parameter does not train, and where another replica keeps it.</summary>
    public OptimizerState? State { get; private set; }

    /// <summary>Whether it collects gradients.</summary>
    public bool Trains => _gradient is not null;

    /// <summary>Bytes in memory, apart from mapped files.</summary>
    public long WeightBytes =>
        (_packed?.Bytes ?? 0) + (_exact is null || MappedMemory.Holds(_exact) ? 0 : _exact.numel() * _exact.element_size());

    public long GradientBytes => (_gradient?.Bytes ?? 0) + (_aliasGradient?.Bytes ?? 0);

    public void CreateAlias()
    {
        if (Alias is not null) return;
        Alias = Exact.detach().DetachFromDisposeScope();
        Alias.requires_grad = Trains;
    }

    /// <param name="optimizer">How it is updated; null where another replica does that, and sends the new weight.</param>
    public void MakeTrainable(IPartOptimizer? optimizer)
    {
        if (!Trains)
        {
            Unpack();
            if (Exact.dtype != _dtypes.Compute || MappedMemory.Holds(Exact))
                Set(Exact.to(_dtypes.Compute, copy: true).DetachFromDisposeScope());
            if (optimizer is not null) State = new OptimizerState(Spec, Exact, _dtypes, optimizer);
            _gradient = new GradientBuffer(Exact);
            if (Alias is not null) _aliasGradient = new GradientBuffer(Alias);
        }

        SetRequiresGradient(true);
    }

    /// <summary>Drops state and gradients, and rounds the weight to the stored dtype.</summary>
    /// <param name="rounding">How it becomes bfloat16; null for the nearest number.</param>
    /// <param name="step">Keys that rounding.</param>
    public void Freeze(StochasticRounding? rounding = null, long step = 0)
    {
        if (_newest is not null) throw new InvalidOperationException($"only some rows of {Spec.Name} are the owner's newest");
        ClearGradients();
        SetRequiresGradient(false);
        if (rounding is not null) RoundMaster(rounding, step);
        DropState();
        (_gradient, _aliasGradient) = (null, null);
        if (_dtypes.Storage == _dtypes.Compute) return;

        using var _ = no_grad();
        if (_dtypes.Storage != ScalarType.BFloat16) rounding = null;
        using var whole = rounding is { InPieces: false } ? rounding.Round(Exact, AtLast(step)) : null;
        if (_dtypes.Widens)
        {
            Tensor atRest;
            using (HostMemory.LongLived()) atRest = (whole ?? Exact).to(_dtypes.AtRest).DetachFromDisposeScope();
            RoundPieces(atRest);
            Set(atRest);
            return;
        }

        using var rounded = (whole ?? Exact).to(_dtypes.Storage);
        RoundPieces(rounded);
        Exact.copy_(rounded);

        // In the place of the nearest numbers.
        void RoundPieces(Tensor stored)
        {
            if (rounding is { InPieces: true }) rounding.RoundInto(stored, Exact, AtLast(step));
        }
    }

    /// <summary>Rounds a float32 master beside the weight into it by chance, as <see cref="Freeze"/> does after the same step.</summary>
    public void RoundMaster(StochasticRounding rounding, long step) => State?.RoundMaster(rounding, AtLast(step));

    /// <summary>From now on the arithmetic uses the packed form, where there is one. The exact weight stays beside it.</summary>
    public void Pack()
    {
        if (_packing is null || Trains || IsPacked) return;
        using var _ = no_grad();
        _packed = _packing.Form.Pack(Spec, Exact);
        _room = _packing.Scratch.Rent(Spec.Shape, _dtypes.Compute, Exact.device, _packing.Ordinal);
    }

    /// <summary>Frees the exact weight where a packed one stands for it: the store has it.</summary>
    public void ForgetExact()
    {
        if (_packed is not { ReplacesExact: true }) return;
        _exact?.Dispose();
        _exact = null;
    }

    /// <summary>Puts the same exact weight in the place of this one, in other memory, which is now owned. Only while it is frozen.</summary>
    public void Replace(Tensor exact)
    {
        var refers = _packed is { ReplacesExact: false };
        if (refers) Unpack();
        Set(Converted(exact, _dtypes.AtRest));
        if (refers) Pack();
    }

    /// <summary>Call before a backward pass of the part: lanes come one after the other.</summary>
    public void BeforeBackward(int lane)
    {
        _gradient?.BeforeBackward(lane);
        _aliasGradient?.KeepApart();
    }

    /// <summary>Call before a backward pass of the alias's use, which may be ahead of the part's own by some micro-batches.</summary>
    public void BeforeAliasBackward(int lane) => _aliasGradient?.BeforeBackward(lane);

    /// <summary>Adds the gradient of a micro-batch that has looked up some rows of the weight; see <see cref="GradientBuffer"/>.</summary>
    public void AddRows(long[] rows, Tensor gradient) => _gradient!.Add(rows, gradient);

    /// <summary>The step's whole gradient, which the caller now owns; null if there was none.</summary>
    /// <param name="rows">The rows of a table that have any, ascending; null for all.</param>
    public Tensor? TakeGradient(out long[]? rows)
    {
        using var mode = no_grad();
        var own = _gradient?.Take();
        var alias = _aliasGradient?.Take();
        rows = alias is null ? own?.Rows : null;
        if (own is null) return alias?.Value;
        return alias is null ? TableRows.Whole(own, Spec.Shape).Value : LaneSums.Plus(alias, own).Value;
    }

    public void ClearGradients()
    {
        _gradient?.Clear();
        _aliasGradient?.Clear();
    }

    public void Dispose()
    {
        _gradient?.Dispose();
        _aliasGradient?.Dispose();
        State?.Dispose();
        Alias?.Dispose();
        Unpack();
        _exact?.Dispose();
    }

    private static Tensor Converted(Tensor weight, ScalarType dtype)
    {
        if (weight.dtype == dtype) return weight;
        using (weight)
        using (HostMemory.LongLived())
        using (no_grad())
        {
            return weight.to(dtype).DetachFromDisposeScope();
        }
    }

    private FormattableString AtLast(long step) => $"{Spec.Name}/{step}/frozen";

    private void Set(Tensor exact)
    {
        var aliased = Alias is not null;
        Alias?.Dispose();
        Alias = null;
        _exact?.Dispose();
        _exact = exact;
        if (aliased) CreateAlias();
    }

    private void Unpack()
    {
        if (_packed is null) return;
        _room!.Return(_packed);
        _packed.Dispose();
        (_packed, _room) = (null, null);
    }

    private void SetRequiresGradient(bool value)
    {
        Exact.requires_grad = value;
        if (Alias is not null) Alias.requires_grad = value;
    }
}
