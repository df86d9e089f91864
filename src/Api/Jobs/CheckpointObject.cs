namespace LisaOrleans.Api;

/// <summary>OpenAI's checkpoint of a fine-tuning job.</summary>
public sealed record CheckpointObject
{
    /// <value><c>ftckpt-…</c>.</value>
    public required string Id { get; init; }

    /// <value>Always <c>fine_tuning.job.checkpoint</c>.</value>
    public string Object => "fine_tuning.job.checkpoint";

    /// <value>Unix time in seconds.</value>
    public required long CreatedAt { get; init; }

    /// <value>The job.</value>
    public required string FineTuningJobId { get; init; }

    /// <value>The model's name with the step: <c>ft:…:ckpt-step-N</c>. Completions and new jobs take it as a model.</value>
    public required string FineTunedModelCheckpoint { get; init; }

    /// <value>The step.</value>
    public required long StepNumber { get; init; }

    /// <value>Numbers of that step.</value>
    public required CheckpointMetrics Metrics { get; init; }
}
