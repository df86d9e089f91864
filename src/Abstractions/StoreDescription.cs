namespace LisaOrleans;

/// <summary>The store that a cluster works on.</summary>
/// <param name="Id">Tells it from other stores.</param>
/// <param name="Location">Where it is, for people, without secrets.</param>
[GenerateSerializer, Immutable, Alias("lisa.StoreDescription")]
public sealed record StoreDescription([property: Id(0)] string Id, [property: Id(1)] string Location);
