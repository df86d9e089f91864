namespace LisaOrleans.Model;

/// <summary>How a weight is packed while it does not train.</summary>
/// <param name="Form">What makes it smaller.</param>
/// <param name="Scratch">Where it is unpacked.</param>
/// <param name="Ordinal">Which of the part's packed weights of this shape it is, from 0.</param>
internal sealed record WeightPacking(IWeightForm Form, WeightScratch Scratch, int Ordinal);
