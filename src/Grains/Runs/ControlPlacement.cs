namespace LisaOrleans.Grains;

/// <summary>Places a grain on a silo of role control; on any other where there is none.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking]
public sealed class ControlPlacement : PlacementStrategy;
