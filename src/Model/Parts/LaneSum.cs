using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>What some lanes have summed of one gradient: a node of the tree by which lanes are added up.</summary>
/// <param name="Level">It stands for 2^Level lanes.</param>
/// <param name="Index">The lanes from Index · 2^Level on.</param>
/// <param name="Value">Their sum.</param>
/// <param name="Rows">
/// Where the sum is of some rows of a table, and all others are 0: their numbers, ascending. Null (default) for all of it.
/// </param>
public sealed record LaneSum(int Level, int Index, Tensor Value, long[]? Rows = null);
