namespace LisaOrleans.Training;

/// <summary>Something that happened in a simulated run.</summary>
/// <param name="At">Seconds since the beginning.</param>
/// <param name="Kind">What.</param>
/// <param name="Step">The step that was committed, saved, or gone back to.</param>
public sealed record RunMoment(double At, RunMomentKind Kind, long Step);
