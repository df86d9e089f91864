namespace LisaOrleans.Checkpoints;

/// <summary>What somebody wants to become a run's owner for.</summary>
/// <param name="State">What the run is to do: see <see cref="RunHeadStates"/>.</param>
/// <param name="Cluster">The cluster that is to go on with the run; null for a single process.</param>
/// <param name="Planned">Whether the previous owner let go; if not, and it was running, this is a recovery.</param>
/// <param name="Since">Since when the run waits, if it begins to wait now.</param>
public sealed record RunClaim(string State, string? Cluster = null, bool Planned = false, DateTimeOffset? Since = null)
{
    /// <value>Who it is, so that it knows its own writes whose answers were lost. Default a new name.</value>
    public string Owner { get; init; } = Guid.NewGuid().ToString("N");

    /// <value>
    /// Who asks; a holder of the run's lease that lives keeps others out. Default this process, as a silo of the cluster if any.
    /// </value>
    public RunHolder Holder { get; init; } = RunHolder.ThisProcess with { Cluster = Cluster };

    /// <value>
    /// The journal from now on, made from the head that the claim replaces, so that what the claim does is noted by the very swap
    /// that does it. It is called again where somebody else was quicker. Null leaves the journal as it is.
    /// </value>
    public Func<RunHead, CancellationToken, Task<IReadOnlyList<LogSegment>>>? Journal { get; init; }

    /// <value>Throws where the head that the claim would replace says something that the claim must not undo. Null (default) replaces any.</value>
    public Action<RunHead>? Check { get; init; }

    /// <value>Told of the run as soon as it is owned; its manifest is read after that, and may be missing. Null (default) is not.</value>
    public Action<RunStore>? Acquired { get; init; }

    /// <value>Whether the run is taken only from the same owner: an owner that was replaced does not take it back.</value>
    public bool OnlyOwn { get; init; }
}
