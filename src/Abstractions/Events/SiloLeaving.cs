namespace LisaOrleans;

/// <summary>A silo with parts of the run is about to leave: a preemption notice, or an orderly stop.</summary>
/// <param name="Silo">Its address.</param>
[GenerateSerializer, Immutable, Alias("lisa.SiloLeaving")]
public sealed record SiloLeaving([property: Id(0)] string Silo) : TrainingEvent;
