
namespace LisaOrleans.Client;

/// <summary>A run to be submitted.</summary>
public sealed record RunRequest
{
    /// <value>A Hugging Face model folder on this machine.</value>
    public required string ModelFolder { get; init; }

    /// <value>Training data on this machine, JSON or JSONL.</value>
    public required string DataFile { get; init; }

    /// <value>Evaluation data on this machine; null (default) for none.</value>
    public string? EvalDataFile { get; init; }

    /// <value>How records become samples.</value>
    public DatasetSettings Dataset { get; init; } = new();

    /// <value>
    /// The run's settings. <see cref="TrainingSpec.BlockSize"/> 0 means the model's longest sequence, at most 1024;
    /// <see cref="TrainingSpec.Dtype"/> <c>auto</c> the model's own; <see cref="TrainingSpec.Threads"/> 0 the least that a
    /// silo offers.
    /// </value>
    public required TrainingSpec Spec { get; init; }

    /// <value>Whether a run of this name is replaced. Default false: the same request again resumes it.</value>
    public bool Overwrite { get; init; }
}
