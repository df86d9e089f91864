namespace LisaOrleans;

/// <summary>A new generation of the run begins, from the start or after a manifest.</summary>
/// <param name="FromStep">The manifest it starts from; 0 is the beginning.</param>
/// <param name="TotalSteps">Steps in all.</param>
/// <param name="Generation">The new generation.</param>
[GenerateSerializer, Immutable, Alias("lisa.RunStarted")]
public sealed record RunStarted([property: Id(0)] long FromStep, [property: Id(1)] long TotalSteps, [property: Id(2)] long Generation)
    : TrainingEvent;
