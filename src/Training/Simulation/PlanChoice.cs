namespace LisaOrleans.Training;

/// <summary>A plan that is possible, in the order of what is known of its steps. Of equal ones that of fewer machines comes first.</summary>
/// <param name="replicas">Replicas.</param>
/// <param name="places">Its silos among all, in the order of the walk.</param>
/// <param name="atLeast">Seconds that a step takes at least.</param>
internal sealed class PlanChoice(int replicas, IReadOnlyList<int> places, double atLeast) : IComparable<PlanChoice>
{
    public int Replicas => replicas;

    public IReadOnlyList<int> Places => places;

    /// <value>Seconds of a step; before they are known, a bound below them. Infinite where the silos have no room.</value>
    public double Seconds { get; private set; } = atLeast;

    /// <value>Whether <see cref="Planned"/> is known.</value>
    public bool IsKnown { get; private set; }

    /// <value>The plan, in which silos are named by their places; null where they have no room.</value>
    public PlannedRun? Planned { get; private set; }

    /// <summary>From now on it is known.</summary>
    public void Know(PlannedRun? planned) => (IsKnown, Planned, Seconds) = (true, planned, planned?.Timing.Seconds ?? double.PositiveInfinity);

    /// <inheritdoc/>
    public int CompareTo(PlanChoice? other) =>
        other is null ? 1 : (Seconds, places.Count, replicas).CompareTo((other.Seconds, other.Places.Count, other.Replicas));
}
