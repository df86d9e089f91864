using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// What one grain holds: a piece of the model that runs forward and backward by itself, with weights always and AdamW
/// state only while it trains. Not thread-safe: every call is made on the device's worker thread.
/// </summary>
public abstract class ModelPart : IDisposable
{
    private readonly AdamWOptions _options;

    // The step's gradients, once its norm has been asked for: summed, and waiting for Apply.
    private List<(Parameter Parameter, AdamWState State, Tensor Gradient)>? _pending;

    private protected ModelPart(
        ModelConfig config, PartDtypes dtypes, AdamWOptions options, IReadOnlyList<ParameterSpec> specs,
        IReadOnlyDictionary<string, Tensor> weights)
    {
        (Config, Dtypes, _options) = (config, dtypes, options);
        Parameters = [.. specs.Select(s => new Parameter(s, weights[s.Name], dtypes))];
    }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>The run's number formats.</summary>
    public PartDtypes Dtypes { get; }

    /// <summary>Whether the part has optimizer state and collects gradients.</summary>
    public bool Trainable { get; private set; }

    /// <summary>Updates since the part last became trainable.</summary>
    public long StateStep { get; private set; }

    /// <summary>Bytes of weights in the compute dtype.</summary>
    public long WeightBytes => Parameters.Sum(p => p.WeightBytes);

    /// <summary>Bytes of master weights and moments.</summary>
    public long OptimizerBytes => Parameters.Sum(p => p.State?.Bytes ?? 0);

    /// <summary>Bytes of accumulated gradients.</summary>
    public long GradientBytes => Parameters.Sum(p => p.GradientBytes)
        + (_pending?.Sum(p => p.Gradient.numel() * p.Gradient.element_size()) ?? 0);

    internal IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Allocates optimizer state: moments zero, bias correction at its start. Nothing if there is some.</summary>
    public void MakeTrainable()
    {
        if (Trainable) return;
        using var memory = HostMemory.LongLived();
        foreach (var parameter in Parameters) parameter.MakeTrainable();
        (Trainable, StateStep) = (true, 0);
    }

    /// <summary>Frees optimizer state and gradients, and rounds the weights to the stored dtype.</summary>
    public void Freeze()
    {
        if (!Trainable) return;
        DiscardGradients();
        foreach (var parameter in Parameters) parameter.Freeze();
        (Trainable, StateStep) = (false, 0);
        HostMemory.ReturnFree();
    }

    /// <summary>Sum of squares of the step's gradients. Repeatable until <see cref="Apply"/> or <see cref="DiscardGradients"/>.</summary>
    public double SquaredGradientNorm()
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var norms = Pending().SelectMany(p => Slices.Of(p.Gradient)).Select(Norm).ToArray();
        return norms.Length == 0 ? 0 : stack(norms).square().sum().item<double>();
    }

    /// <summary>One AdamW update with the step's gradients, which are freed.</summary>
    /// <param name="learningRate">The rate of the step.</param>
    /// <param name="clip">What gradients are multiplied with; 1 leaves them.</param>
    public void Apply(double learningRate, double clip)
    {
        if (!Trainable) return;
        var items = Pending();
        if (clip < 1)
        {
            using var mode = no_grad();
            using var scope = NewDisposeScope();
            foreach (var (_, _, gradient) in items) gradient.ScaleInPlace(clip);
        }

        StateStep++;
        if (items.Count > 0) AdamWUpdate.Apply(items, StateStep, learningRate, _options);
        DiscardGradients();
    }

    /// <summary>Forgets the step's gradients.</summary>
    public void DiscardGradients()
    {
        foreach (var (_, _, gradient) in _pending ?? []) gradient.Dispose();
        _pending = null;
        foreach (var parameter in Parameters) parameter.ClearGradients();
    }

    /// <summary>Copies of the weights in the stored dtype, on the CPU; the caller owns them.</summary>
    public IReadOnlyList<NamedTensor> CopyWeights() => [.. Parameters.Select(p =>
        new NamedTensor(p.Spec.Name, HostCopy(p.Value, Dtypes.Storage)))];

    /// <summary>
    /// Copies of the training state on the CPU; the caller owns them: <c>NAME.master</c>, <c>NAME.exp_avg</c> and
    /// <c>NAME.exp_avg_sq</c> for every parameter.
    /// </summary>
    public IReadOnlyList<NamedTensor> CopyTrainingState() => TrainingState(static tensor => HostCopy(tensor, tensor.dtype));

    /// <summary>
    /// The weights as <see cref="CopyWeights"/> gives them, but where they lie, and over the part's own memory where their
    /// dtype is the stored one; the caller owns the tensors. The part must not change while they are used.
    /// </summary>
    public IReadOnlyList<NamedTensor> ShareWeights() => [.. Parameters.Select(p => new NamedTensor(p.Spec.Name, Share(p.Value, Dtypes.Storage)))];

    /// <summary>The training state as <see cref="CopyTrainingState"/> gives it, shared as by <see cref="ShareWeights"/>.</summary>
    public IReadOnlyList<NamedTensor> ShareTrainingState() => TrainingState(static tensor => Share(tensor, tensor.dtype));

    /// <summary>Takes over the state that <see cref="CopyTrainingState"/> gave; shapes and dtypes must match and are not owned.</summary>
    /// <param name="tensors">By name.</param>
    /// <param name="stateStep">The updates that the state has seen.</param>
    public void RestoreTrainingState(IReadOnlyDictionary<string, Tensor> tensors, long stateStep)
    {
        MakeTrainable();
        DiscardGradients();
        using var _ = no_grad();
        foreach (var parameter in Parameters)
        {
            var state = parameter.State!;
            state.Weight.copy_(tensors[parameter.Spec.Name + ".master"]);
            state.ExpAvg.copy_(tensors[parameter.Spec.Name + ".exp_avg"]);
            state.ExpAvgSq.copy_(tensors[parameter.Spec.Name + ".exp_avg_sq"]);
            if (state.Master is { } master) parameter.Value.copy_(master);
        }

        StateStep = stateStep;
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
        foreach (var parameter in Parameters) parameter.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void BeforeBackward()
    {
        if (_pending is not null) throw new InvalidOperationException("a backward pass after the step's gradient norm was taken");
        if (!Trainable) return;
        foreach (var parameter in Parameters) parameter.BeforeBackward();
    }

    // In float32 and then float64; a float32 copy is freed before the next is made.
    private static Tensor Norm(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        return gradient.to(ScalarType.Float32).norm().to(ScalarType.Float64).MoveToOuterDisposeScope();
    }

    private static Tensor HostCopy(Tensor tensor, ScalarType dtype)
    {
        using var _ = no_grad();
        using var memory = HostMemory.LongLived();
        using var scope = NewDisposeScope();
        return tensor.detach().to(dtype, CPU, copy: true).contiguous().DetachFromDisposeScope();
    }

    private static Tensor Share(Tensor tensor, ScalarType dtype)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        return tensor.detach().to(dtype).alias().DetachFromDisposeScope();
    }

    private NamedTensor[] TrainingState(Func<Tensor, Tensor> take) => [.. Parameters.SelectMany(p =>
    {
        var state = p.State ?? throw new InvalidOperationException($"{p.Spec.Name} does not train");
        return new[]
        {
            new NamedTensor(p.Spec.Name + ".master", take(state.Weight)),
            new NamedTensor(p.Spec.Name + ".exp_avg", take(state.ExpAvg)),
            new NamedTensor(p.Spec.Name + ".exp_avg_sq", take(state.ExpAvgSq)),
        };
    })];

    private List<(Parameter Parameter, AdamWState State, Tensor Gradient)> Pending()
    {
        if (_pending is not null) return _pending;
        var pending = new List<(Parameter, AdamWState, Tensor)>();
        foreach (var parameter in Parameters)
            if (parameter.State is { } state && parameter.TakeGradient() is { } gradient) pending.Add((parameter, state, gradient));
        return _pending = pending;
    }
}
