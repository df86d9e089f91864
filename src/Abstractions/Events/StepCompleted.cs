namespace LisaOrleans;

/// <summary>A step was committed.</summary>
/// <param name="Record">The step.</param>
[GenerateSerializer, Immutable, Alias("lisa.StepCompleted")]
public sealed record StepCompleted([property: Id(0)] StepRecord Record) : TrainingEvent;
