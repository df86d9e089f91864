using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// What one grain holds: a piece of the model that runs forward and backward by itself, with weights always and
/// optimizer state only while it trains. Where it has adapters, they are what trains. Not thread-safe: every call is made on the
/// device's worker thread.
/// </summary>
public abstract partial class ModelPart : IDisposable
{
    private readonly IPartOptimizer _optimizer;

    // The step's gradients, once its norm has been asked for: summed, and waiting for Apply.
    private List<(ParameterUpdate Update, long[]? Rows)>? _pending;

    private protected ModelPart(
        ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, IReadOnlyList<ParameterSpec> specs,
        IReadOnlyDictionary<string, Tensor> weights, IReadOnlyList<ParameterSpec>? adapters = null, IWeightForm? form = null,
        WeightScratch? scratch = null)
    {
        (Config, Dtypes, _optimizer) = (config, dtypes, optimizer);
        var packing = WeightPacking.Of(specs, form, scratch ?? new WeightScratch());
        Parameters = [.. specs.Select((s, i) => new Parameter(s, weights[s.Name], dtypes, packing[i]))];
        Adapters = [.. (adapters ?? []).Select(s => new Parameter(s, weights[s.Name], dtypes.OfAdapters))];
        Pack();
    }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>The run's number formats.</summary>
    public PartDtypes Dtypes { get; }

    /// <value>
    /// Lanes that a step's micro-batches are dealt to by their numbers: gradients are summed lane by lane, and the lanes then by a binary
    /// tree. Backward passes come lane after lane. Default 1.
    /// </value>
    public int GradientLanes { get; init; } = 1;

    /// <value>
    /// Whether random numbers of updates are keyed by the run's step, and weights that are frozen are rounded by chance where the optimizer
    /// does so. Else the key is <see cref="StateStep"/>, and the nearest number is taken. Default false.
    /// </value>
    public bool RandomKeysByStep { get; init; }

    /// <summary>Whether the part has optimizer state and collects gradients.</summary>
    public bool Trainable { get; private set; }

    /// <summary>Updates since the part last became trainable.</summary>
    public long StateStep { get; private set; }

    /// <summary>Whether it has adapters, which train instead of its weights.</summary>
    public bool HasAdapters => Adapters.Count > 0;

    /// <summary>
    /// Whether the part has its exact weights in memory. A packed one loses them by <see cref="ForgetExactWeights"/>, and needs them
    /// again to train.
    /// </summary>
    public bool HoldsExactWeights => Parameters.All(p => p.HoldsExact);

    /// <summary>Bytes of weights and adapters in memory, apart from mapped files.</summary>
    public long WeightBytes => Parameters.Concat(Adapters).Sum(p => p.WeightBytes);

    /// <summary>Bytes of master weights and of what the optimizer keeps.</summary>
    public long OptimizerBytes => Trained.Sum(p => p.State?.Bytes ?? 0);

    /// <summary>Bytes of accumulated gradients.</summary>
    public long GradientBytes => Trained.Sum(p => p.GradientBytes)
        + (_pending?.Sum(p => BytesOf(p.Update.Gradient, p.Rows)) ?? 0);

    internal IReadOnlyList<Parameter> Parameters { get; }

    internal IReadOnlyList<Parameter> Adapters { get; }

    // How weights that are frozen become bfloat16; null for the nearest number.
    private StochasticRounding? AtLast => RandomKeysByStep ? _optimizer.Rounding : null;

    // What has optimizer state while the part trains.
    private IReadOnlyList<Parameter> Trained => HasAdapters ? Adapters : Parameters;

    /// <summary>Allocates fresh optimizer state; does nothing if there is some already.</summary>
    public void MakeTrainable() => MakeTrainable(_optimizer);

    /// <summary>Frees optimizer state and gradients, and rounds the weights to the stored dtype.</summary>
    /// <param name="step">The run's last step, for <see cref="RandomKeysByStep"/>.</param>
    public void Freeze(long step = 0)
    {
        if (!Trainable) return;
        DiscardGradients();
        foreach (var parameter in Trained) parameter.Freeze(AtLast, step);
        (Trainable, StateStep) = (false, 0);
        Pack();
        HostMemory.ReturnFree();
    }

    /// <summary>Frees the exact weights of what is packed: the store has them.</summary>
    public void ForgetExactWeights()
    {
        foreach (var parameter in Parameters) parameter.ForgetExact();
    }

    /// <summary>
    /// Takes the exact weights from elsewhere: for a part that is to train and has forgotten them, or in the place of the same
    /// numbers in other memory. The part must not train; it owns the tensors from now on.
    /// </summary>
    public void TakeExactWeights(IReadOnlyDictionary<string, Tensor> weights)
    {
        if (Trainable) throw new InvalidOperationException("the part trains, so its weights are its own");
        foreach (var parameter in Parameters) parameter.Replace(weights[parameter.Spec.Name]);
    }

    /// <summary>Sum of squares of the step's gradients. Repeatable until <see cref="Apply"/> or <see cref="DiscardGradients"/>.</summary>
    public double SquaredGradientNorm()
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var norms = Pending().SelectMany(p => Slices.Of(p.Update.Gradient)).Select(Norm).ToArray();
        return norms.Length == 0 ? 0 : stack(norms).Squared().sum().item<double>();
    }

    /// <summary>One update with the step's gradients, which are freed.</summary>
    /// <param name="learningRate">The rate of the step.</param>
    /// <param name="clip">What gradients are multiplied by; 1 leaves them unchanged.</param>
    /// <param name="step">The run's step, for <see cref="RandomKeysByStep"/>.</param>
    /// <param name="isLast">
    /// Whether the part is frozen next. Its weights are then those that <see cref="Freeze"/> leaves, before replicas that do not have the
    /// masters are sent them. Default false.
    /// </param>
    public void Apply(double learningRate, double clip, long step = 0, bool isLast = false)
    {
        if (!Trainable) return;
        if (!KeepsState) throw new InvalidOperationException("another replica updates the part");
        var pending = Pending();
        ParameterUpdate[] updates = [.. pending.Select(p => p.Update)];
        using (no_grad())
        using (NewDisposeScope())
        {
            if (clip < 1)
                foreach (var (update, rows) in pending) Scale(update.Gradient, rows, clip);
            StateStep++;
            if (updates.Length > 0) _optimizer.Apply(updates, StateStep, RandomKeysByStep ? step : StateStep, learningRate);
            foreach (var update in updates) update.State.RoundMaster();
            if (isLast && AtLast is { } rounding)
                foreach (var parameter in Trained) parameter.RoundMaster(rounding, step);
        }

        DiscardGradients();
    }

    /// <summary>Forgets the step's gradients.</summary>
    public void DiscardGradients()
    {
        foreach (var (update, _) in _pending ?? []) update.Gradient.Dispose();
        _pending = null;
        foreach (var parameter in Trained) parameter.ClearGradients();
    }

    /// <summary>Drops what forward passes keep for backward passes that will not come.</summary>
    public virtual void DiscardMicroBatches()
    {
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        DiscardMicroBatches();
        DiscardGradients();
        foreach (var parameter in Parameters.Concat(Adapters)) parameter.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void BeforeBackward(int index)
    {
        if (!Collects()) return;
        foreach (var parameter in Trained) parameter.BeforeBackward(index % GradientLanes);
    }

    // Whether a backward pass adds to gradients of the part.
    private protected bool Collects() => _pending is null
        ? Trainable
        : throw new InvalidOperationException("a backward pass after the step's gradient norm was taken");

    private void MakeTrainable(IPartOptimizer? optimizer)
    {
        if (Trainable) return;
        using var memory = HostMemory.LongLived();
        if (!HasAdapters && !HoldsExactWeights) throw new InvalidOperationException("the exact weights are in the store only");
        foreach (var parameter in Trained) parameter.MakeTrainable(optimizer);
        (Trainable, StateStep) = (true, 0);
    }

    private void Pack()
    {
        foreach (var parameter in Parameters) parameter.Pack();
    }

    // In float32 and then float64; a float32 copy is freed before the next is made.
    private static Tensor Norm(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        return gradient.to(ScalarType.Float32).norm().to(ScalarType.Float64).MoveToOuterDisposeScope();
    }

    // Other rows are 0, and stay so without being written to.
    private static void Scale(Tensor gradient, long[]? rows, double number)
    {
        if (rows is null) gradient.ScaleInPlace(number);
        else TableRows.ScaleInPlace(gradient, rows, number);
    }

    private static long BytesOf(Tensor gradient, long[]? rows) =>
        gradient.element_size() * (rows is null ? gradient.numel() : rows.Length * (gradient.numel() / gradient.shape[0]));

    private List<(ParameterUpdate Update, long[]? Rows)> Pending()
    {
        if (_pending is not null) return _pending;
        var pending = new List<(ParameterUpdate Update, long[]? Rows)>();
        foreach (var parameter in Trained)
        {
            if (parameter.State is { } state && parameter.TakeGradient(out var rows) is { } gradient)
                pending.Add((new(parameter.Spec, state, gradient), rows));
        }

        return _pending = pending;
    }
}
