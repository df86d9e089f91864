using Orleans.Placement;

namespace LisaOrleans.Grains;

/// <summary>See <see cref="SiloPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SiloPlacementAttribute() : PlacementAttribute(new SiloPlacement());
