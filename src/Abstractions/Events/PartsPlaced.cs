namespace LisaOrleans;

/// <summary>The run's parts are loaded on these silos, and training continues.</summary>
/// <param name="Generation">The run's generation.</param>
/// <param name="Stages">Which silo holds which parts.</param>
[GenerateSerializer, Immutable, Alias("lisa.PartsPlaced")]
public sealed record PartsPlaced([property: Id(0)] long Generation, [property: Id(1)] IReadOnlyList<SiloStage> Stages) : TrainingEvent
{
    /// <value>How fast silos had been found to be by then: multiply-adds a second, by address, of those that were measured.</value>
    [Id(2)] public IReadOnlyDictionary<string, double> Speeds { get; init; } = new Dictionary<string, double>();

    /// <value>
    /// The kinds of processors and GPUs that have computed the run and now do, where these are the first that are not all of one kind: from
    /// here on, the run's bits are those of no single kind. Empty (default) otherwise.
    /// </value>
    [Id(3)] public IReadOnlyList<string> MixedKinds { get; init; } = [];

    /// <value>
    /// For how many steps silos that are too slow for any work are left without it before they are tried again, by address, where that is
    /// longer than at first. Empty by default.
    /// </value>
    [Id(4)] public IReadOnlyDictionary<string, int> Patience { get; init; } = new Dictionary<string, int>();
}
