using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>What some lanes have summed of one gradient: a node of the tree by which lanes are added up.</summary>
/// <param name="Level">It stands for 2^Level lanes.</param>
/// <param name="Index">The lanes from Index · 2^Level on.</param>
/// <param name="Value">Their sum.</param>
public sealed record LaneSum(int Level, int Index, Tensor Value);
