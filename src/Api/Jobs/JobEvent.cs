namespace LisaOrleans.Api;

/// <summary>OpenAI's event of a fine-tuning job.</summary>
public sealed record JobEvent
{
    /// <value><c>ftevent-</c>, a letter for where the event is kept, and its number there: always the same for the same event.</value>
    public required string Id { get; init; }

    /// <value>Always <c>fine_tuning.job.event</c>.</value>
    public string Object => "fine_tuning.job.event";

    /// <value>Unix time in seconds.</value>
    public required long CreatedAt { get; init; }

    /// <value>info, warn or error.</value>
    public required string Level { get; init; }

    /// <value>For people.</value>
    public required string Message { get; init; }

    /// <value><c>metrics</c> for steps, else <c>message</c>.</value>
    public required string Type { get; init; }

    /// <value>Numbers, by name; empty where there are none.</value>
    public IReadOnlyDictionary<string, object?> Data { get; init; } = new Dictionary<string, object?>();
}
