using Orleans.Placement;

namespace LisaOrleans.Grains;

/// <summary>See <see cref="PartPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PartPlacementAttribute() : PlacementAttribute(new PartPlacement());
