namespace LisaOrleans;

/// <summary>What a run is to be made from. The files are in the store already, as blobs of their bytes.</summary>
[GenerateSerializer, Immutable, Alias("lisa.RunSubmission")]
public sealed record RunSubmission
{
    /// <value>The run's settings. What is left at its default, and depends on the model or the machines, is chosen there.</value>
    [Id(0)] public required TrainingSpec Spec { get; init; }

    /// <value>How records become samples.</value>
    [Id(1)] public required DatasetSettings Dataset { get; init; }

    /// <value>The files of a Hugging Face model folder.</value>
    [Id(2)] public required IReadOnlyList<NamedBlob> Model { get; init; }

    /// <value>The sources of the training data, at least one.</value>
    [Id(3)] public required IReadOnlyList<SubmittedSource> Data { get; init; }

    /// <value>The sources of the evaluation data; null (default) for none.</value>
    [Id(4)] public IReadOnlyList<SubmittedSource>? EvalData { get; init; }

    /// <value>Whether a run of this name is replaced. Default false.</value>
    [Id(5)] public bool Overwrite { get; init; }

    /// <value>What people call the model; null (default) where they call it nothing.</value>
    [Id(6)] public string? ModelName { get; init; }

    /// <value>What people call the training data; null (default) for the names of its files.</value>
    [Id(7)] public string? DataName { get; init; }

    /// <value>What people call the evaluation data; null (default) for the names of its files.</value>
    [Id(8)] public string? EvalDataName { get; init; }

    /// <value>What an adapter's folder names as the model that it is for; null (default) for the model's name.</value>
    [Id(9)] public string? BaseModel { get; init; }

    /// <value>The files of the PEFT folder that training begins with; null (default) for none.</value>
    [Id(10)] public IReadOnlyList<NamedBlob>? Adapter { get; init; }

    /// <value>Names of the settings that somebody chose; see <see cref="RunRequest.Given"/>. Null from clients that do not say.</value>
    [Id(11)] public IReadOnlyList<string>? Given { get; init; }
}
