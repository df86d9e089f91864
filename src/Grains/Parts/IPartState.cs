using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>
/// A part's state in memory, before there is a part. Owns it, except for what was taken. Used on the device's thread.
/// </summary>
internal interface IPartState : IDisposable
{
    /// <summary>Where it came from.</summary>
    PartLoaded Loaded { get; }

    /// <summary>The weights in the compute dtype, on the device, by name; the caller owns them.</summary>
    Dictionary<string, Tensor> TakeWeights(Device device);

    /// <summary>Gives a part with these weights its optimizer state, if there is any.</summary>
    void RestoreTrainingState(ModelPart part);
}
