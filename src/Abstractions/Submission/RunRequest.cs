namespace LisaOrleans;

/// <summary>What a run is to be made from: files of this machine.</summary>
public sealed record RunRequest
{
    /// <value>A Hugging Face model folder on this machine.</value>
    public required string ModelFolder { get; init; }

    /// <value>A PEFT folder with the adapter that training begins with; null (default) for a new one, or none.</value>
    public string? AdapterFolder { get; init; }

    /// <value>
    /// Training data on this machine: files, folders and patterns, with commas between, each with a weight after a colon if it is
    /// not 1.
    /// </value>
    public required string DataFile { get; init; }

    /// <value>Evaluation data on this machine, named alike; null (default) for none.</value>
    public string? EvalDataFile { get; init; }

    /// <value>What people call the model; null (default) for its folder's name.</value>
    public string? ModelName { get; init; }

    /// <value>
    /// What an adapter's folder names as the model that it is for; null (default) for the model's name, else its folder.
    /// </value>
    public string? BaseModel { get; init; }

    /// <value>What people call the training data; null (default) for the names of its files.</value>
    public string? DataName { get; init; }

    /// <value>What people call the evaluation data; null (default) for the names of its files.</value>
    public string? EvalDataName { get; init; }

    /// <value>How records become samples.</value>
    public DatasetSettings Dataset { get; init; } = new();

    /// <value>The run's settings. What is left at its default there, and depends on the model or the machines, is chosen.</value>
    public required TrainingSpec Spec { get; init; }

    /// <value>
    /// Names of the settings that somebody chose, as <c>lora_r</c>. Those at their defaults are held against an adapter only if they are named
    /// here; the others always are. Default none.
    /// </value>
    public IReadOnlyList<string> Given { get; init; } = [];

    /// <value>Whether a run of this name is replaced. Default false: the same request again resumes it.</value>
    public bool Overwrite { get; init; }
}
