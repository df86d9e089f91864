using System.Text.Json.Serialization;

namespace LisaOrleans.Api;

/// <summary>The body of <c>POST /v1/fine_tuning/jobs</c>.</summary>
public sealed record CreateJobRequest
{
    /// <value>A base model, or a fine-tuned one to continue from.</value>
    public required string Model { get; init; }

    /// <value>Id of a file with purpose fine-tune.</value>
    public required string TrainingFile { get; init; }

    /// <value>Id of a file that is only scored.</value>
    public string? ValidationFile { get; init; }

    /// <value>A word for the resulting model's name: letters, digits, '_', '.' and '-', at most 64.</value>
    public string? Suffix { get; init; }

    /// <value>Seed of every random choice. Default 42.</value>
    [JsonConverter(typeof(SeedConverter))]
    public ulong? Seed { get; init; }

    /// <value>At most 16 pairs; keys of up to 64 characters, values of up to 512.</value>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <value>How the job trains. Default supervised.</value>
    public JobMethod? Method { get; init; }

    /// <value>OpenAI's older place for hyperparameters; not together with <see cref="Method"/>.</value>
    public SupervisedHyperparameters? Hyperparameters { get; init; }

    /// <value>None are supported: null or empty.</value>
    public IReadOnlyList<object>? Integrations { get; init; }
}
