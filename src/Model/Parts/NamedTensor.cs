using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A tensor and its name in a checkpoint. Whoever receives one says whether it owns the tensor.</summary>
/// <param name="Name">Name in the checkpoint.</param>
/// <param name="Value">The tensor.</param>
public readonly record struct NamedTensor(string Name, Tensor Value);
