namespace LisaOrleans;

/// <summary>The parts of a run on one silo.</summary>
/// <param name="Silo">The silo's address.</param>
/// <param name="Parts">Names of parts, in the order of the walk.</param>
[GenerateSerializer, Immutable, Alias("lisa.SiloStage")]
public sealed record SiloStage([property: Id(0)] string Silo, [property: Id(1)] IReadOnlyList<string> Parts)
{
    /// <value>The replica of the model that the stage belongs to, from 0. Default 0.</value>
    [Id(2)] public int Replica { get; init; }
}
