using System.Text.Json.Serialization;

namespace LisaOrleans;

/// <summary>
/// The evaluation after a committed step, where it came later than the step: it was broken off because the run had to stop
/// or to move, and was made up for when the run continued. Otherwise <see cref="StepRecord.EvalLoss"/> says it with the step.
/// </summary>
/// <param name="Step">The step.</param>
/// <param name="EvalLoss">Mean loss on the evaluation data after this step, in nats per label.</param>
[GenerateSerializer, Immutable, Alias("lisa.StepEvaluated")]
public sealed record StepEvaluated([property: Id(0)] long Step, [property: Id(1)] double EvalLoss) : TrainingEvent
{
    /// <summary>Of a run that learns from pairs of answers: how it favours them; else null.</summary>
    [Id(2), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PairRewards? Rewards { get; init; }
}
