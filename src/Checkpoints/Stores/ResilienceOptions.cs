namespace LisaOrleans.Checkpoints;

/// <summary>How <see cref="ResilientBlobStore"/> repeats.</summary>
public sealed record ResilienceOptions
{
    /// <value>Tries after the first. Default 10.</value>
    public int Retries { get; init; } = 10;

    /// <value>Pause before the first repetition; each later one doubles it. Default 0.1 s.</value>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <value>Longest pause. Default 5 s.</value>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <value>Longest time for one try. Default 10 min, for large blobs.</value>
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
