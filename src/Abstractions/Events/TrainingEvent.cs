using System.Text.Json.Serialization;

namespace LisaOrleans;

/// <summary>
/// Something that happened in a run. Steps are kept in the run's history, all else in its journal; both outlive every silo.
/// </summary>
[GenerateSerializer, Immutable, Alias("lisa.TrainingEvent")]
[JsonDerivedType(typeof(RunStarted), "started")]
[JsonDerivedType(typeof(StepCompleted), "step")]
[JsonDerivedType(typeof(ManifestSaved), "manifest")]
[JsonDerivedType(typeof(PartsPlaced), "placed")]
[JsonDerivedType(typeof(StepEvaluated), "evaluated")]
[JsonDerivedType(typeof(SiloLeaving), "leaving")]
[JsonDerivedType(typeof(RunRecovering), "recovering")]
[JsonDerivedType(typeof(RunEnded), "ended")]
public abstract record TrainingEvent
{
    /// <summary>Where a watcher is that has seen this event. Neither number ever falls.</summary>
    [Id(0)] public EventPosition Position { get; init; } = EventPosition.Start;

    /// <summary>When it happened, UTC.</summary>
    [Id(1)] public DateTimeOffset Time { get; init; }
}
