namespace LisaOrleans;

/// <summary>How a part was loaded.</summary>
/// <param name="Source">Where its state came from.</param>
/// <param name="Bytes">Bytes of state that came from there; 0 where it was there already.</param>
[GenerateSerializer, Immutable, Alias("lisa.PartLoaded")]
public sealed record PartLoaded([property: Id(0)] PartSource Source, [property: Id(1)] long Bytes);
