namespace LisaOrleans.Training;

/// <summary>The same as <see cref="LayerPass"/> for decoder layers in one place, when those train that take the most.</summary>
/// <param name="Trained">Numbers that train.</param>
/// <param name="Kept">Bytes that they keep of a micro-batch.</param>
/// <param name="Going">Bytes that come beside them while one of them goes backward, at most.</param>
internal readonly record struct LayersMemory(long Trained, long Kept, long Going);
