namespace LisaOrleans;

/// <summary>What a run's committed steps say of one decoder layer.</summary>
/// <param name="Layer">The layer, from 0.</param>
/// <param name="Steps">Steps in which it trained.</param>
/// <param name="MeanGradNorm">Mean L2 norm of its gradients before clipping, over these steps; null before the first.</param>
[GenerateSerializer, Immutable, Alias("lisa.LayerStatistics")]
public sealed record LayerStatistics([property: Id(0)] int Layer, [property: Id(1)] long Steps, [property: Id(2)] double? MeanGradNorm);
