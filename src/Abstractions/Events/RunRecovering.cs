namespace LisaOrleans;

/// <summary>A step failed, or the silo that led the run was lost: the run goes back to its last manifest.</summary>
/// <param name="FailedStep">The step that failed; 0 if nobody is left who knows which it was.</param>
/// <param name="ManifestStep">The step from which it continues.</param>
/// <param name="Reason">What failed.</param>
[GenerateSerializer, Immutable, Alias("lisa.RunRecovering")]
public sealed record RunRecovering([property: Id(0)] long FailedStep, [property: Id(1)] long ManifestStep, [property: Id(2)] string Reason)
    : TrainingEvent;
