namespace LisaOrleans.Training;

/// <summary>A live silo that can hold parts.</summary>
/// <param name="Address">Its address, as SiloAddress.ToParsableString prints it.</param>
/// <param name="MemoryBytes">What it offers to tensors; 0 for no limit.</param>
/// <param name="Threads">Intra-op threads that it offers.</param>
/// <param name="MaxRuns">Runs that may train on it at one time.</param>
public sealed record TrainingSilo(string Address, long MemoryBytes, int Threads, int MaxRuns = TrainingSilo.DefaultMaxRuns)
{
    /// <summary>Runs that a silo takes if it does not say.</summary>
    public const int DefaultMaxRuns = 4;

    /// <value>Whether it computes on a GPU. Default false.</value>
    public bool OnGpu { get; init; }

    /// <value>How fast its processor multiplies matrices; null (default) for a GPU, and where that is not known.</value>
    public MatrixRates? Rates { get; init; }

    /// <value>Of what kind its processor or GPU is; null (default) where that is not known.</value>
    public string? Kind { get; init; }

    /// <value>
    /// Whether nobody said how much memory it offers, so that it is what the silo found. Plans go by it; but what might fit nevertheless is
    /// not refused, as it is where somebody set the limit. Default false.
    /// </value>
    public bool IsMemoryFound { get; init; }

    /// <value>How fast it is beside the other silos, which only matters relative to theirs. Default 1.</value>
    public double Speed { get; init; } = 1;

    /// <summary>What others are told of it.</summary>
    /// <param name="version">Its program's version; null (default) where it is not known.</param>
    public SiloDescription Describe(string? version = null) =>
        new(Address, MemoryBytes, Threads, version, OnGpu) { Rates = Rates, Kind = Kind };
}
