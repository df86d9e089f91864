using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>OpenAI's fine-tuning job object.</summary>
public sealed record JobObject
{
    /// <value><c>ftjob-…</c>; also the name of its run.</value>
    public required string Id { get; init; }

    /// <value>Always <c>fine_tuning.job</c>.</value>
    public string Object => "fine_tuning.job";

    /// <value>Unix time in seconds.</value>
    public required long CreatedAt { get; init; }

    /// <value>Unix time in seconds; null while it has not ended.</value>
    public long? FinishedAt { get; init; }

    /// <value>What it begins with.</value>
    public required string Model { get; init; }

    /// <value>What it made; null while it has not succeeded.</value>
    public string? FineTunedModel { get; init; }

    /// <value>Always <c>lisa</c>.</value>
    public string OrganizationId => ModelIds.Owner;

    /// <value>validating_files, queued, running, paused, succeeded, failed or cancelled.</value>
    public required string Status { get; init; }

    /// <value>OpenAI's hyperparameters.</value>
    public required SupervisedHyperparameters Hyperparameters { get; init; }

    /// <value>The method with all its settings.</value>
    public required JobMethod Method { get; init; }

    /// <value>The method with its settings, in a few words. Not part of OpenAI's object.</value>
    public required string MethodDescription { get; init; }

    /// <value>Id of the file.</value>
    public required string TrainingFile { get; init; }

    /// <value>Id of the file, or null.</value>
    public string? ValidationFile { get; init; }

    /// <value>The file with the job's metrics, a CSV, once the job has succeeded or was cancelled; empty before.</value>
    public IReadOnlyList<string> ResultFiles { get; init; } = [];

    /// <value>Tokens of all steps; null while it has not succeeded.</value>
    public long? TrainedTokens { get; init; }

    /// <value>Why it failed; null if it did not.</value>
    public JobError? Error { get; init; }

    /// <value>Seed of every random choice.</value>
    public required ulong Seed { get; init; }

    /// <value>Always null.</value>
    public long? EstimatedFinish => null;

    /// <value>None.</value>
    public IReadOnlyList<object> Integrations => [];

    /// <value>As given.</value>
    public string? UserProvidedSuffix { get; init; }

    /// <value>As given.</value>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <value>How far the run is; null before there is one.</value>
    public JobProgress? Progress { get; init; }

    /// <value>What its data became: counts, lengths, what was cut or left out; null before the data are read. Not part of OpenAI's object.</value>
    public RunData? Data { get; init; }
}
