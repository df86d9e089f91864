using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <content>What checkpoints and other silos get of a part, and how it takes that back.</content>
public abstract partial class ModelPart
{
    /// <summary>The tensors that a checkpoint holds of the part while it trains, in the checkpoint's order.</summary>
    public IReadOnlyList<TensorSpec> StateSpecs => OptimizerState.Specs(
        [.. Trained.Select(p => p.Spec)], HasAdapters ? Dtypes.OfAdapters : Dtypes, _optimizer);

    /// <summary>What <see cref="CopyMoments"/> gives, in its order.</summary>
    public IReadOnlyList<TensorSpec> MomentSpecs
    {
        get
        {
            var masters = Trained.Select(p => OptimizerState.MasterName(p.Spec)).ToHashSet();
            return [.. StateSpecs.Where(s => !masters.Contains(s.Name))];
        }
    }

    /// <summary>Copies of the weights in the stored dtype, on the CPU; the caller owns them.</summary>
    public IReadOnlyList<NamedTensor> CopyWeights() => [.. Parameters.Select(p =>
        new NamedTensor(p.Spec.Name, HostCopy(p.Exact, Dtypes.Storage)))];

    /// <summary>Copies of the adapters in float32, on the CPU; the caller owns them.</summary>
    public IReadOnlyList<NamedTensor> CopyAdapters() =>
        [.. Adapters.Select(p => new NamedTensor(p.Spec.Name, HostCopy(p.Value, p.Value.dtype)))];

    /// <summary>
    /// Copies of the training state of every parameter that trains on the CPU, named and ordered as <see cref="OptimizerState"/> says; the
    /// caller owns them.
    /// </summary>
    public IReadOnlyList<NamedTensor> CopyTrainingState() => TrainingState(static s => s.Tensors(), static tensor => HostCopy(tensor, tensor.dtype));

    /// <summary>The same of the optimizer's tensors alone, without the weights.</summary>
    public IReadOnlyList<NamedTensor> CopyMoments() => TrainingState(static s => s.Moments(), static tensor => HostCopy(tensor, tensor.dtype));

    /// <summary>
    /// The weights as <see cref="CopyWeights"/> gives them, but on the device they are on, and sharing the part's own memory
    /// where their dtype is the stored one; the caller owns the tensors. The part must not change while they are used.
    /// </summary>
    public IReadOnlyList<NamedTensor> ShareWeights() => [.. Parameters.Select(p => new NamedTensor(p.Spec.Name, Share(p.Exact, Dtypes.Storage)))];

    /// <summary>The adapters as <see cref="CopyAdapters"/> gives them, shared as by <see cref="ShareWeights"/>.</summary>
    public IReadOnlyList<NamedTensor> ShareAdapters() => [.. Adapters.Select(p => new NamedTensor(p.Spec.Name, Share(p.Value, p.Value.dtype)))];

    /// <summary>The training state as <see cref="CopyTrainingState"/> gives it, shared as by <see cref="ShareWeights"/>.</summary>
    public IReadOnlyList<NamedTensor> ShareTrainingState() => TrainingState(static s => s.Tensors(), static tensor => Share(tensor, tensor.dtype));

    /// <summary>The moments as <see cref="CopyMoments"/> gives them, shared as by <see cref="ShareWeights"/>.</summary>
    public IReadOnlyList<NamedTensor> ShareMoments() => TrainingState(static s => s.Moments(), static tensor => Share(tensor, tensor.dtype));

    /// <summary>
    /// Takes over the state that <see cref="CopyTrainingState"/> gave; shapes and dtypes must match. The tensors are not owned.
    /// </summary>
    /// <param name="tensors">By name.</param>
    /// <param name="stateStep">The updates that the state has seen.</param>
    public void RestoreTrainingState(IReadOnlyDictionary<string, Tensor> tensors, long stateStep)
    {
        // One that left its state to another replica begins with state of its own again.
        if (!KeepsState) Freeze();
        MakeTrainable();
        DiscardGradients();
        using var _ = no_grad();
        foreach (var parameter in Trained) parameter.State!.Restore(tensors);
        StateStep = stateStep;
    }

    /// <summary>Makes the part train on with the moments that <see cref="CopyMoments"/> gave before it was frozen.</summary>
    /// <param name="tensors">By name; not owned.</param>
    /// <param name="stateStep">The updates that they have seen.</param>
    public void RestoreMoments(IReadOnlyDictionary<string, Tensor> tensors, long stateStep)
    {
        MakeTrainable();
        using var _ = no_grad();
        foreach (var parameter in Trained) parameter.State!.RestoreMoments(tensors);
        StateStep = stateStep;
    }

    /// <summary>
    /// Takes over adapters that <see cref="CopyAdapters"/> gave before they trained: what was trained since is dropped, with its state.
    /// </summary>
    /// <param name="tensors">By name; not owned.</param>
    public void RestoreAdapters(IReadOnlyDictionary<string, Tensor> tensors)
    {
        Freeze();
        using var _ = no_grad();
        foreach (var adapter in Adapters) adapter.Exact.copy_(tensors[adapter.Spec.Name]);
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

    private NamedTensor[] TrainingState(Func<OptimizerState, IEnumerable<NamedTensor>> tensors, Func<Tensor, Tensor> take) =>
    [
        .. Trained
            .SelectMany(p => tensors(p.State ?? throw new InvalidOperationException($"{p.Spec.Name} does not train")))
            .Select(t => t with { Value = take(t.Value) }),
    ];
}
