namespace LisaOrleans.Grains;

/// <summary>Places a part's grain on the silo that its key names, or nowhere.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking]
public sealed class PartPlacement : PlacementStrategy;
