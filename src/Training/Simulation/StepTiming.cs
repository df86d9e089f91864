namespace LisaOrleans.Training;

/// <summary>How long steps take under a plan.</summary>
/// <param name="FirstSeconds">The first step after a load.</param>
/// <param name="Seconds">Each that follows.</param>
public sealed record StepTiming(double FirstSeconds, double Seconds);
