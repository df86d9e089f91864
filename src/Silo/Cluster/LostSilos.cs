namespace LisaOrleans.Silo;

/// <summary>Finds the silos that a cluster has lost between one look at its members and the next.</summary>
internal sealed class LostSilos
{
    private SiloAddress[] _before = [];

    /// <summary>The silos that lived, or were leaving, when this was last asked, and are dead now.</summary>
    public IReadOnlyList<SiloAddress> Next(ClusterMembershipSnapshot now)
    {
        var lost = _before.Where(s => now.GetSiloStatus(s) == SiloStatus.Dead).ToArray();

        // One that leaves in good order may run out of time before its runs have moved.
        _before = [.. now.Members.Values
            .Where(m => m.Status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping).Select(m => m.SiloAddress)];
        return lost;
    }
}
