namespace LisaOrleans.Checkpoints;

/// <summary>The run is not this process's any more; it can no longer commit anything.</summary>
public sealed class StaleGenerationException : IOException
{
    /// <summary>Another process has taken the run over.</summary>
    /// <param name="run">The run.</param>
    /// <param name="ours">This process's generation.</param>
    /// <param name="theirs">The other's.</param>
    public StaleGenerationException(string run, long ours, long theirs)
        : base($"run '{run}': generation {ours} was replaced by {theirs}; another process has taken the run over")
    {
    }

    private StaleGenerationException(string message)
        : base(message)
    {
    }

    /// <summary>Somebody has deleted the run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="location">The store.</param>
    internal static StaleGenerationException OfDeleted(string run, string location) => new($"run '{run}' was deleted from {location}");
}
