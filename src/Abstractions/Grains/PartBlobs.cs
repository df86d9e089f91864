namespace LisaOrleans;

/// <summary>Where a part's state of one step lies in the store.</summary>
/// <param name="Weights">The weights in the model's dtype. For a part that trains: those it began with.</param>
/// <param name="Optimizer">Master weights and moments; null for a frozen part.</param>
/// <param name="Adapter">Adapters, as long as the part does not train; those it began with, while it does; null for none.</param>
[GenerateSerializer, Immutable, Alias("lisa.PartBlobs")]
public sealed record PartBlobs([property: Id(0)] BlobRef Weights, [property: Id(1)] BlobRef? Optimizer, [property: Id(2)] BlobRef? Adapter)
{
    /// <value>The moments of a part that sleeps; null (default) for none.</value>
    [Id(20)] public BlobRef? Parked { get; init; }
}
