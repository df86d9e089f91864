namespace LisaOrleans;

/// <summary>The queue's answer to a run.</summary>
/// <param name="Silos">Silos that the run may train on, with the memory that is its part of each; empty while it has to wait.</param>
/// <param name="Position">Its place among those that wait, from 1; 0 for a run that may train.</param>
/// <param name="Reason">Why it waits, for people; null for a run that may train.</param>
[GenerateSerializer, Immutable, Alias("lisa.RunShare")]
public sealed record RunShare(
    [property: Id(0)] IReadOnlyList<SiloDescription> Silos, [property: Id(1)] int Position, [property: Id(2)] string? Reason);
