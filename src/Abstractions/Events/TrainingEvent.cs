namespace LisaOrleans;

/// <summary>Something that happened in a run.</summary>
[GenerateSerializer, Immutable, Alias("lisa.TrainingEvent")]
public abstract record TrainingEvent
{
    /// <summary>Rises by one with every event of the run.</summary>
    [Id(0)] public long Sequence { get; init; }

    /// <summary>When it happened, UTC.</summary>
    [Id(1)] public DateTimeOffset Time { get; init; }
}
