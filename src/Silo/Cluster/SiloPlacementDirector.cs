using Orleans.Runtime.Placement;

namespace LisaOrleans.Silo;

/// <summary>A silo's own grain belongs on that silo. If the silo is gone, the call fails.</summary>
internal sealed class SiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var name = target.GrainIdentity.Key.ToString()!;
        var silo = SiloAddress.FromParsableString(name);
        return context.GetCompatibleSilos(target).Contains(silo)
            ? Task.FromResult(silo)
            : throw new SiloUnavailableException($"silo {name} is gone");
    }
}
