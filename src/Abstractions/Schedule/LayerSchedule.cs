namespace LisaOrleans;

/// <summary>Which decoder layers of a run have trained when, which do now, and which will.</summary>
[GenerateSerializer, Immutable, Alias("lisa.LayerSchedule")]
public sealed record LayerSchedule
{
    /// <summary>The last committed step that this is after.</summary>
    [Id(0)] public required long Step { get; init; }

    /// <summary>The last periods that have ended, in order.</summary>
    [Id(1)] public required IReadOnlyList<PeriodLayers> Past { get; init; }

    /// <summary>The period of the next step; null where nobody can say yet.</summary>
    [Id(2)] public required PeriodLayers? Now { get; init; }

    /// <summary>
    /// The periods after that, whether or not the run is long enough for them; none where they depend on steps that are still
    /// to come.
    /// </summary>
    [Id(3)] public required IReadOnlyList<PeriodLayers> Coming { get; init; }

    /// <summary>How important each layer has shown to be, layer by layer.</summary>
    [Id(4)] public required IReadOnlyList<LayerStatistics> Layers { get; init; }
}
