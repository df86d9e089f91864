namespace LisaOrleans;

/// <summary>The parts of a run on one silo.</summary>
/// <param name="Silo">The silo's address.</param>
/// <param name="Parts">Names of parts, in the order of the walk.</param>
[GenerateSerializer, Immutable, Alias("lisa.SiloStage")]
public sealed record SiloStage([property: Id(0)] string Silo, [property: Id(1)] IReadOnlyList<string> Parts);
