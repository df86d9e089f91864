namespace LisaOrleans.Checkpoints;

/// <summary>How a holder shows that it lives, and how long the others wait for a sign of it.</summary>
public sealed record LeaseOptions
{
    /// <value>Time between two beats. Default 2 s.</value>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(2);

    /// <value>
    /// How long a process may be silent before it counts as dead, where nothing else tells. Default 8 s: four beats, so that a
    /// store that is slow for a moment costs nobody a run.
    /// </value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(8);

    /// <value>The same for a cluster, whose other silos go on where the one that beat has died. Default 20 s.</value>
    public TimeSpan ClusterPatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <value>
    /// Told, with the run, why the store does not learn that the holder lives: once it is refused, or has failed for as long as
    /// others wait, and not again before a beat succeeded. The holder goes on. Null for nobody.
    /// </value>
    public Action<string, Exception>? Unheard { get; init; }

    /// <value>How often one who waits looks. Default 0.5 s.</value>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(0.5);
}
