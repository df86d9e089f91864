namespace LisaOrleans;

/// <summary>A run's status, and the records of steps that the asker has not seen.</summary>
/// <param name="Status">Where the run is now.</param>
/// <param name="Steps">Records of the steps after the one that was asked for, in order; not more than fit a message.</param>
[GenerateSerializer, Immutable, Alias("lisa.RunUpdate")]
public sealed record RunUpdate([property: Id(0)] RunStatus Status, [property: Id(1)] IReadOnlyList<StepRecord> Steps);
