namespace LisaOrleans.Grains;

/// <summary>Places a grain on the silo whose address is its key, or nowhere.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking]
public sealed class SiloPlacement : PlacementStrategy;
