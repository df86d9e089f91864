namespace LisaOrleans.Checkpoints;

/// <summary>What somebody becomes a run's owner for.</summary>
/// <param name="State">What the run is to do: see <see cref="RunHeadStates"/>.</param>
/// <param name="Cluster">The cluster that is to go on with the run; null for a single process.</param>
/// <param name="Planned">Whether the owner before let go; if not, and it was running, this is a recovery.</param>
/// <param name="Since">Since when the run waits, where that begins now.</param>
public sealed record RunClaim(string State, string? Cluster = null, bool Planned = false, DateTimeOffset? Since = null);
