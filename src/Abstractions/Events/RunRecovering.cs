namespace LisaOrleans;

/// <summary>A step failed, or whoever led the run was lost: it goes back to its last manifest.</summary>
/// <param name="FailedStep">The step that failed; 0 where nobody is left to say which it was.</param>
/// <param name="ManifestStep">Where it goes on from.</param>
/// <param name="Reason">What failed.</param>
[GenerateSerializer, Immutable, Alias("lisa.RunRecovering")]
public sealed record RunRecovering([property: Id(0)] long FailedStep, [property: Id(1)] long ManifestStep, [property: Id(2)] string Reason)
    : TrainingEvent;
