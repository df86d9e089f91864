namespace LisaOrleans;

/// <summary>The run is over.</summary>
/// <param name="State">How it ended.</param>
/// <param name="Step">Its last committed step.</param>
/// <param name="Error">The reason, where it failed.</param>
[GenerateSerializer, Immutable, Alias("lisa.RunEnded")]
public sealed record RunEnded([property: Id(0)] RunState State, [property: Id(1)] long Step, [property: Id(2)] string? Error) : TrainingEvent;
