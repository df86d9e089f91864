namespace LisaOrleans;

/// <summary>What a run asks of the queue.</summary>
[GenerateSerializer, Immutable, Alias("lisa.RunDemand")]
public sealed record RunDemand
{
    /// <summary>The run's settings.</summary>
    [Id(0)] public required TrainingSpec Spec { get; init; }

    /// <summary>The model's config.json.</summary>
    [Id(1)] public required string ConfigJson { get; init; }

    /// <summary>Since when it waits, UTC. Of two runs of one priority the older one goes first.</summary>
    [Id(2)] public required DateTimeOffset Since { get; init; }

    /// <summary>Whether it was training when it was last heard of: it then goes before those that wait.</summary>
    [Id(5)] public bool Trains { get; init; }

    /// <summary>Silos that it trains on, or did last, with what it has of each.</summary>
    [Id(6)] public IReadOnlyList<SiloDescription> Share { get; init; } = [];

    /// <summary>Silos that it was told to leave.</summary>
    [Id(4)] public IReadOnlyList<string> Leaving { get; init; } = [];
}
