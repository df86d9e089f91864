namespace LisaOrleans.Training;

/// <summary>Predicted bytes by kind, at the peak of a step.</summary>
/// <param name="Parameters">Parameters of the model.</param>
/// <param name="TrainableParameters">Parameters that train at one time (the most, over all choices of layers).</param>
/// <param name="Weights">All weights, apart from mapped files: what trains in the compute dtype, the rest in its form.</param>
/// <param name="Gradients">Gradients of what trains.</param>
/// <param name="OptimizerState">
/// Master weights and moments of what trains; and in the memory of a processor moments of layers that have fallen asleep, on their way to
/// the store.
/// </param>
/// <param name="Activations">
/// What the backward pass of a micro-batch takes at its peak, beside all gradients: what layers have kept, or the logits of one chunk, and
/// room to unpack a layer.
/// </param>
/// <param name="Copies">
/// What a manifest between steps takes in addition, in the process's memory: copies that are still on their way to the store when the
/// next step changes what they are copies of.
/// </param>
public sealed record MemoryEstimate(
    long Parameters, long TrainableParameters, long Weights, long Gradients, long OptimizerState, long Activations, long Copies = 0)
{
    /// <value>What a process takes without a model, .NET, Orleans and libtorch's own heap: measured with one of 700,000 parameters.</value>
    public const long Process = 120_000_000;

    // What .NET has more than that with a model that is not tiny; and of all tensors, the share that the heap has free between them.
    private const long MostManaged = 60_000_000;
    private const int FreeOf = 20;

    /// <summary>All kinds of tensors at the peak of a step: what a device must hold.</summary>
    public long Tensors => checked(Weights + Gradients + OptimizerState + Activations);

    /// <summary>What the process itself takes beside tensors.</summary>
    public long OfProcess => Process + Math.Min(Tensors / 10, MostManaged) + (Tensors / FreeOf);

    /// <summary>What a process needs that trains on its processor, between manifests.</summary>
    public long Total => checked(Tensors + OfProcess);
}
