using Orleans.Placement;

namespace LisaOrleans.Grains;

/// <summary>See <see cref="ControlPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ControlPlacementAttribute() : PlacementAttribute(new ControlPlacement());
