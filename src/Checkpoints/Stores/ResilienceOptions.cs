namespace LisaOrleans.Checkpoints;

/// <summary>How <see cref="ResilientBlobStore"/> retries.</summary>
public sealed record ResilienceOptions
{
    /// <value>Tries after the first. Default 10.</value>
    public int Retries { get; init; } = 10;

    /// <value>Pause before the first retry; each later one doubles it. Default 0.1 s.</value>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <value>Longest pause. Default 5 s.</value>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <value>Longest time for one try, without the transfer of its blob; for a list, the store itself limits each page. Default 30 s.</value>
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <value>A try that transfers a blob may take as much longer as this rate needs, bytes per second. Default 1 MB/s.</value>
    public long SlowestBytesPerSecond { get; init; } = 1_000_000;
}
