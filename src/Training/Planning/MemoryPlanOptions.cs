using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>What the memory of a run depends on, besides the model.</summary>
public sealed record MemoryPlanOptions
{
    /// <value>Decoder layers that train at one time; all of them for full fine-tuning.</value>
    public required int ActiveLayers { get; init; }

    /// <value>Whether embedding and head train. Default true.</value>
    public bool TrainEmbeddings { get; init; } = true;

    /// <value>Adapters, which then train instead of the layers' weights; null (default) for none.</value>
    public LoraOptions? Adapters { get; init; }

    /// <value>Number formats.</value>
    public required PartDtypes Dtypes { get; init; }

    /// <value>How parameters that train are updated.</value>
    public required IPartOptimizer Optimizer { get; init; }

    /// <value>The form of what does not train. Default whole.</value>
    public IWeightForm FrozenWeights { get; init; } = new WholeForm();

    /// <value>Layers that fall asleep between two manifests, the next of which then holds their weights. Default none.</value>
    public int SleptLayers { get; init; }

    /// <value>
    /// Whether layers that fall asleep keep their moments, which are in memory until the store has them. Default false.
    /// </value>
    public bool ParksMoments { get; init; }

    /// <value>Sequences in a micro-batch.</value>
    public required int BatchSize { get; init; }

    /// <value>Tokens in a sequence.</value>
    public required int SequenceLength { get; init; }

    /// <value>Micro-batches in a step.</value>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <value>Lanes in which gradients are summed apart. Default 1.</value>
    public int GradientLanes { get; init; } = 1;

    /// <value>Whether a GPU computes, whose attention may keep scores. Default false.</value>
    public bool OnGpu { get; init; }

    /// <value>Whether activations are recomputed.</value>
    public bool GradientCheckpointing { get; init; }
}
