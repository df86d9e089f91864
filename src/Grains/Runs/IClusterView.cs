using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>The silos that runs can train on, as this silo sees them now.</summary>
public interface IClusterView
{
    /// <value>The cluster's id, or null for a silo that is embedded in one process.</value>
    string? ClusterId { get; }

    /// <value>As whom this silo works on runs.</value>
    RunHolder Holder => RunHolder.ThisProcess with { Cluster = ClusterId };

    /// <summary>Live silos that hold parts, in a stable order.</summary>
    IReadOnlyList<TrainingSilo> TrainingSilos();

    /// <summary>All silos, including those that died lately, in a stable order.</summary>
    IReadOnlyList<SiloMember> Members();
}
