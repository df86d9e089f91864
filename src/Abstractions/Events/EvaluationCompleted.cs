namespace LisaOrleans;

/// <summary>The evaluation data was scored.</summary>
/// <param name="Step">After which step.</param>
/// <param name="Loss">Mean loss in nats per label.</param>
[GenerateSerializer, Immutable, Alias("lisa.EvaluationCompleted")]
public sealed record EvaluationCompleted([property: Id(0)] long Step, [property: Id(1)] double Loss) : TrainingEvent;
