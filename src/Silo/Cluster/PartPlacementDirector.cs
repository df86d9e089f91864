using Orleans.Runtime.Placement;

namespace LisaOrleans.Silo;

/// <summary>A part belongs on one silo. If that silo is gone, the call fails and the run makes a new plan.</summary>
internal sealed class PartPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var (run, part, name) = PartName.Parse(target.GrainIdentity.Key.ToString()!);
        var silo = SiloAddress.FromParsableString(name);
        return context.GetCompatibleSilos(target).Contains(silo)
            ? Task.FromResult(silo)
            : throw new SiloUnavailableException($"{run}: {part} belongs on {name}, which is gone");
    }
}
