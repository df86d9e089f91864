using System.Text.Json.Serialization;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>A fine-tuning job as the store keeps it, in <c>jobs/ID.json</c>. Its run has the same name.</summary>
internal sealed record JobDocument
{
    public required string Id { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The model as the request named it.</summary>
    public required string Model { get; init; }

    /// <summary>The base model that the chain of fine-tuned models begins with.</summary>
    public required string Root { get; init; }

    /// <summary>The name of the resulting model.</summary>
    public required string FineTunedModel { get; init; }

    /// <summary>
    /// What the model was when the job was created, if it is one of a run: the store keeps it until the job has read it. Null for a base
    /// model, and afterwards.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BlobRef? Manifest { get; init; }

    public required JobInput TrainingFile { get; init; }

    public JobInput? ValidationFile { get; init; }

    public string? Suffix { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>The method as the request named it; supervised is LISA.</summary>
    public required string Method { get; init; }

    public required TrainingSpec Spec { get; init; }

    public required DatasetSettings Dataset { get; init; }

    /// <summary>See <see cref="JobPhases"/>.</summary>
    public string Phase { get; init; } = JobPhases.Validating;

    /// <summary>What happened before there was a run.</summary>
    public IReadOnlyList<JobLogEntry> Log { get; init; } = [];

    /// <summary>A report of what its data became; null before the data are read.</summary>
    public RunData? Data { get; init; }

    /// <summary>Why it never became a run.</summary>
    public JobError? Error { get; init; }

    /// <summary>How it ended, once that cannot change any more.</summary>
    public JobOutcome? Outcome { get; init; }

    /// <summary>Whether the resulting model was deleted.</summary>
    public bool ModelDeleted { get; init; }

    /// <summary>Whether the deleted model's run is completely gone from the store.</summary>
    public bool RunDeleted { get; init; }

    /// <summary>Blobs of the deleted model's run that are still to be collected.</summary>
    public IReadOnlyList<string> DeletedBlobs { get; init; } = [];
}
