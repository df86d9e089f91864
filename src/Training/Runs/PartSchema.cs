using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>What the blobs of a part hold.</summary>
/// <param name="Weights">Its parameters.</param>
/// <param name="Adapters">Those of its adapters, which then are what trains; empty for none.</param>
/// <param name="Dtypes">The run's number formats.</param>
/// <param name="Optimizer">The run's optimizer.</param>
public sealed record PartSchema(
    IReadOnlyList<ParameterSpec> Weights, IReadOnlyList<ParameterSpec> Adapters, PartDtypes Dtypes, IPartOptimizer Optimizer)
{
    /// <summary>That of a run's part.</summary>
    public static PartSchema Of(ModelConfig config, TrainingSpec spec, string part) => new(
        PartStorage.Specs(config, part),
        PartName.LayerIndex(part) is { } layer ? Methods.Adapters(spec)?.Specs(config, layer) ?? [] : [],
        RunDtypes.Of(spec),
        Optimizers.Of(spec));

    /// <summary>Whether it has adapters.</summary>
    public bool HasAdapters => Adapters.Count > 0;

    /// <summary>The tensors of a blob of weights, in its order.</summary>
    public IReadOnlyList<TensorSpec> WeightTensors => PartStorage.WeightSpecs(Weights, Dtypes);

    /// <summary>The tensors of a blob of adapters, in its order.</summary>
    public IReadOnlyList<TensorSpec> AdapterTensors => PartStorage.WeightSpecs(Adapters, Dtypes.OfAdapters);

    /// <summary>The tensors of a training state's blob, in its order.</summary>
    public IReadOnlyList<TensorSpec> StateTensors =>
        HasAdapters ? OptimizerState.Specs(Adapters, Dtypes.OfAdapters, Optimizer) : OptimizerState.Specs(Weights, Dtypes, Optimizer);

    /// <summary>What trains.</summary>
    public IReadOnlyList<ParameterSpec> Trained => HasAdapters ? Adapters : Weights;
}
