namespace LisaOrleans;

/// <summary>A run that is in the store, with all that it needs.</summary>
[GenerateSerializer, Immutable, Alias("lisa.SubmittedRun")]
public sealed record SubmittedRun
{
    /// <value>The run's name.</value>
    [Id(0)] public required string Run { get; init; }

    /// <value>Whether it was there before.</value>
    [Id(1)] public required bool Resumed { get; init; }

    /// <value>The step of its last manifest; 0 for a new run.</value>
    [Id(2)] public required long ManifestStep { get; init; }

    /// <value>Steps in all.</value>
    [Id(3)] public required long TotalSteps { get; init; }

    /// <value>Whether all of them are done.</value>
    [Id(4)] public required bool Completed { get; init; }

    /// <value>Samples that it learns from.</value>
    [Id(5)] public required int Samples { get; init; }

    /// <value>Samples that were cut to the block size.</value>
    [Id(6)] public required int Truncated { get; init; }

    /// <value>Samples that were left out because nothing to learn is within the block size.</value>
    [Id(7)] public required int Skipped { get; init; }

    /// <value>Tokens in all samples.</value>
    [Id(8)] public required long Tokens { get; init; }

    /// <value>The settings, with nothing left to be chosen.</value>
    [Id(9)] public required TrainingSpec Spec { get; init; }
}
