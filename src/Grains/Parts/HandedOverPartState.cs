using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>A part's state from the silo that held it before: the very bytes of its blobs, on the CPU.</summary>
/// <param name="tensors">By their names in the blob; this object owns them from now on.</param>
/// <param name="stateStep">Updates that a training state has seen; null for a frozen part.</param>
/// <param name="bytes">Bytes of its blobs.</param>
/// <param name="schema">What its blobs hold.</param>
internal sealed class HandedOverPartState(
    Dictionary<string, Tensor> tensors, long? stateStep, long bytes, PartSchema schema) : IPartState
{
    public PartLoaded Loaded => new(PartSource.HandedOver, bytes);

    // A part that trains has its weights in the master; nobody needs those that it began with.
    public Dictionary<string, Tensor> TakeWeights(Device device)
    {
        using var memory = HostMemory.LongLived();
        var weights = schema.Weights.ToDictionary(s => s.Name, s => PartStorage.ToRest(Take(s), schema.Dtypes, device));
        foreach (var s in schema.Adapters) weights.Add(s.Name, PartStorage.ToRest(Take(s), schema.Dtypes.OfAdapters, device));
        return weights;
    }

    public void RestoreTrainingState(ModelPart part)
    {
        if (stateStep is { } step) part.RestoreTrainingState(tensors, step);
    }

    public void Dispose()
    {
        foreach (var tensor in tensors.Values) tensor.Dispose();
        tensors.Clear();
    }

    private Tensor Take(ParameterSpec parameter)
    {
        if (stateStep is not null && schema.Trained.Contains(parameter))
            return tensors[OptimizerState.MasterName(parameter)].clone().DetachFromDisposeScope();
        tensors.Remove(parameter.Name, out var weights);
        return weights!;
    }
}
