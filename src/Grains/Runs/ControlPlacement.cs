namespace LisaOrleans.Grains;

/// <summary>Places a grain on a silo of role control or, if there is none, on any other.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking]
public sealed class ControlPlacement : PlacementStrategy
{
    /// <summary>The role.</summary>
    public const string Role = "control";
}
