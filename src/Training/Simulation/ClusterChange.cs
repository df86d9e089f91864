namespace LisaOrleans.Training;

/// <summary>A machine that comes or goes in a simulation.</summary>
/// <param name="At">Seconds since the beginning.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Silo">Its name, under which another may come once it goes.</param>
/// <param name="Machine">The kind of machine, in the order of <see cref="ClusterShape.Machines"/>.</param>
public sealed record ClusterChange(double At, ClusterChangeKind Kind, string Silo, int Machine = 0)
{
    /// <value>Whether the run's grain is there at its end, where that is known; null (default) for what the simulation says.</value>
    public bool? Leads { get; init; }
}
