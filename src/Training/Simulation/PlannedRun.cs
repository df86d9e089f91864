namespace LisaOrleans.Training;

/// <summary>A plan for silos, and how long its steps take.</summary>
/// <param name="Plan">Where the parts are.</param>
/// <param name="Timing">Its steps.</param>
public sealed record PlannedRun(StagePlan Plan, StepTiming Timing);
