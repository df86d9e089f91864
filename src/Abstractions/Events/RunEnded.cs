namespace LisaOrleans;

/// <summary>The run is over.</summary>
/// <param name="State">How it ended.</param>
/// <param name="Step">Its last committed step; where it had to be paused, that of the manifest that holds.</param>
/// <param name="Error">The reason, where it failed, or was paused because only people can put something right.</param>
[GenerateSerializer, Immutable, Alias("lisa.RunEnded")]
public sealed record RunEnded([property: Id(0)] RunState State, [property: Id(1)] long Step, [property: Id(2)] string? Error) : TrainingEvent;
