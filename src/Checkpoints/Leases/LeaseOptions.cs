namespace LisaOrleans.Checkpoints;

/// <summary>How a holder shows that it lives, and how long the others wait for a sign of it.</summary>
public sealed record LeaseOptions
{
    /// <value>Time between two beats. Default 2 s.</value>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(2);

    /// <value>
    /// How long a process may be silent before it counts as dead, if there is no other way to tell. Default 8 s: four beats, so
    /// that nobody loses a run because the store is slow for a moment.
    /// </value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(8);

    /// <value>The same for a cluster, whose other silos go on if the one that beat has died. Default 20 s.</value>
    public TimeSpan ClusterPatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <value>
    /// Called with the run and the reason when the store does not learn that the holder lives: once a beat is refused, or beats
    /// have failed for as long as others wait, and not again before a beat has succeeded. The holder goes on. Null to call
    /// nobody.
    /// </value>
    public Action<string, Exception>? Unheard { get; init; }

    /// <value>How often somebody who waits looks again. Default 0.5 s.</value>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(0.5);
}
