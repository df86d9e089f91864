namespace LisaOrleans;

/// <summary>A run that goes on from a manifest of another, in the store.</summary>
/// <param name="Run">Its name.</param>
/// <param name="Origin">The manifest that it goes on from, as <c>RUN@STEP</c>.</param>
/// <param name="Step">The step of its last manifest.</param>
/// <param name="TotalSteps">Its steps in all.</param>
/// <param name="IsNew">Whether it was made just now, rather than by the same request before.</param>
[GenerateSerializer, Immutable, Alias("lisa.ForkedRun")]
public sealed record ForkedRun(
    [property: Id(0)] string Run, [property: Id(1)] string Origin, [property: Id(2)] long Step, [property: Id(3)] long TotalSteps,
    [property: Id(4)] bool IsNew);
