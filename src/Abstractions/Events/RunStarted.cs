namespace LisaOrleans;

/// <summary>The run's parts are loaded and training begins, from the start or after a manifest.</summary>
/// <param name="FromStep">The manifest it starts from; 0 is the beginning. Steps after it that were reported before will be reported again.</param>
/// <param name="TotalSteps">Steps in all.</param>
/// <param name="Generation">The new generation.</param>
[GenerateSerializer, Immutable, Alias("lisa.RunStarted")]
public sealed record RunStarted([property: Id(0)] long FromStep, [property: Id(1)] long TotalSteps, [property: Id(2)] long Generation) : TrainingEvent;
