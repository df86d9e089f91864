namespace LisaOrleans.Training;

/// <summary>What a backward pass through a decoder layer takes.</summary>
/// <param name="Trained">Numbers that train while the layer does.</param>
/// <param name="Kept">Bytes that it keeps of a micro-batch from its forward pass on while it does not train.</param>
/// <param name="KeptTraining">Bytes in addition while it does.</param>
/// <param name="Going">Bytes that come beside them while the layer goes backward, or its adapters forward.</param>
internal readonly record struct LayerPass(long Trained, long Kept, long KeptTraining, long Going);
