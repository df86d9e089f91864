using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>What a run is made from.</summary>
public sealed record ImportRequest
{
    /// <value>Hugging Face model folder.</value>
    public required string ModelFolder { get; init; }

    /// <value>Training data, JSON or JSONL.</value>
    public required string DataFile { get; init; }

    /// <value>Evaluation data, or null.</value>
    public string? EvalDataFile { get; init; }

    /// <value>How records become samples. Its block size is the spec's.</value>
    public required DatasetOptions Dataset { get; init; }

    /// <value>The run's settings. <see cref="TrainingSpec.Threads"/> 0 means what a resumed run was begun with, else <see cref="DefaultThreads"/>.</value>
    public required TrainingSpec Spec { get; init; }

    /// <value>Threads of a new run that does not say. Default: all cores.</value>
    public int DefaultThreads { get; init; } = Environment.ProcessorCount;

    /// <value>Begin anew where a run of this name exists.</value>
    public bool Overwrite { get; init; }

    /// <value>The cluster that is to train it; null (default) for this process.</value>
    public string? Cluster { get; init; }

    /// <value>Called when all input has been read and nothing has been written yet; what it throws ends the import. Default null.</value>
    public Func<CancellationToken, Task>? BeforeWriting { get; init; }
}
