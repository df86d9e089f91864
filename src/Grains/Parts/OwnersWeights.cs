using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>
/// Room for the weights of a part that trains, which its owner in another replica sends before anything is computed with them. Until then they
/// are zero.
/// </summary>
internal sealed class OwnersWeights(PartSchema schema) : IPartState
{
    public PartLoaded Loaded => Announced(schema);

    /// <summary>The weights that the owner is going to send, as a load counts them.</summary>
    public static PartLoaded Announced(PartSchema schema) => new(
        PartSource.HandedOver, schema.Weights.Sum(s => s.Count) * schema.Dtypes.Compute.ElementSize());

    public Dictionary<string, Tensor> TakeWeights(Device device)
    {
        using var memory = HostMemory.LongLived();
        return schema.Weights.ToDictionary(s => s.Name, s => zeros([.. s.Shape], schema.Dtypes.AtRest, device).DetachFromDisposeScope());
    }

    public void RestoreTrainingState(ModelPart part)
    {
    }

    public void Dispose()
    {
    }
}
