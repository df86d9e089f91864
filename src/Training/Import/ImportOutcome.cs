namespace LisaOrleans.Training;

/// <summary>A run that is in the store, ready to start.</summary>
public sealed record ImportOutcome
{
    /// <value>Whether the run was there before.</value>
    public required bool Resumed { get; init; }

    /// <value>The step of its last manifest; 0 for a new run.</value>
    public required long ManifestStep { get; init; }

    /// <value>The settings, with nothing left to be chosen.</value>
    public required TrainingSpec Spec { get; init; }

    /// <value>Steps in all.</value>
    public required long TotalSteps { get; init; }

    /// <value>Whether all of them are done.</value>
    public required bool AlreadyCompleted { get; init; }

    /// <value>What the data became.</value>
    public required RunData Data { get; init; }

    /// <value>What the model's config.json asks for and training does not do, in a sentence; null for nothing, and where a run goes on.</value>
    public string? ModelNote { get; init; }

    /// <value>The chat template that was named, where the model's folder has another one of its own; else null.</value>
    public string? TemplateBesideOwn { get; init; }
}
