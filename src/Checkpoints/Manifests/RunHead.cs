using System.Text.Json.Serialization;

namespace LisaOrleans.Checkpoints;

/// <summary>The one file of a run that changes: who owns the run, what it is to do, and its last complete manifest.</summary>
/// <param name="Run">The run's name.</param>
/// <param name="Generation">The owner's generation. Older ones can no longer commit anything.</param>
/// <param name="Step">The manifest's step.</param>
/// <param name="Manifest">The last complete manifest; null before the first.</param>
/// <param name="State">What the run was last told to do, or how it ended: see <see cref="RunHeadStates"/>.</param>
/// <param name="Error">The reason, if it failed.</param>
/// <param name="Cluster">The cluster that is to go on with it if all its silos die; null for a single process.</param>
/// <param name="Recoveries">How often an owner was lost, or went back to a manifest, since the run began.</param>
/// <param name="Journal">What happened besides the steps, as a log of JSON lines; null before the first entry.</param>
/// <param name="Since">Since when it waits for silos, or has had them.</param>
public sealed record RunHead(
    string Run, long Generation, long Step, BlobRef? Manifest, string? State = null, string? Error = null, string? Cluster = null,
    int Recoveries = 0, IReadOnlyList<LogSegment>? Journal = null, DateTimeOffset? Since = null)
{
    /// <summary>Whether the run is to go on.</summary>
    [JsonIgnore] public bool IsActive => State is RunHeadStates.Running or RunHeadStates.Waiting;

    /// <value>A name that the owner gave itself; null where it has let go of the run in good order.</value>
    public string? Owner { get; init; }

    /// <value>The list of the manifests that the run keeps (<see cref="KeptManifests"/>); null where it keeps only the last.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LogSegment>? Kept { get; init; }

    /// <summary>Whether another head names the same manifests: the same last one, and the same list of those that are kept.</summary>
    /// <param name="other">The other head; null for none.</param>
    public bool HasManifestsOf(RunHead? other) =>
        other is not null && other.Manifest == Manifest && (other.Kept ?? []).SequenceEqual(Kept ?? []);
}
