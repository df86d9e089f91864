using LisaOrleans.Grains;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace LisaOrleans.Silo;

/// <summary>Prefers silos with role control, and among those the local one; any silo if there is none with that role.</summary>
internal sealed class ControlPlacementDirector(IServiceProvider services) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } hint) return Task.FromResult(hint);

        // A call that comes just now must not wake a run on the silo that the run is being moved away from.
        if (silos.Length > 1 && IsMovedAwayFrom) silos = [.. silos.Where(s => !s.Equals(context.LocalSilo))];

        // An embedded silo has no metadata.
        if (services.GetService<ISiloMetadataCache>() is { } metadata
            && silos.Where(s => ClusterView.HasRole(metadata, s, SiloRoles.Control)).ToArray() is { Length: > 0 } control)
        {
            silos = control;
        }

        return Task.FromResult(silos.Contains(context.LocalSilo) ? context.LocalSilo : silos[Random.Shared.Next(silos.Length)]);
    }

    private bool IsMovedAwayFrom => services.GetService<SiloDrain>() is { Begun: true } || services.GetService<StoreReach>() is { IsLost: true };
}
