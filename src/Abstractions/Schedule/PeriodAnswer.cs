namespace LisaOrleans;

/// <summary>What the scheduler says to a run that wants to begin a period.</summary>
/// <param name="Step">The last committed step that the scheduler knows.</param>
/// <param name="Plan">What trains; null where it must know later steps before it can say.</param>
[GenerateSerializer, Immutable, Alias("lisa.PeriodAnswer")]
public sealed record PeriodAnswer([property: Id(0)] long Step, [property: Id(1)] PeriodPlan? Plan);
