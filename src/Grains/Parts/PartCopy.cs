using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <summary>A copy of a part's state, on the CPU.</summary>
/// <param name="Tensors">The training state, or the weights of a frozen part; owned by whoever has the copy.</param>
/// <param name="StateStep">Updates that the training state has seen; null for weights.</param>
/// <param name="Version">The part's version that was copied.</param>
internal sealed record PartCopy(IReadOnlyList<NamedTensor> Tensors, long? StateStep, long Version);
