namespace LisaOrleans;

/// <summary>One fine-tuning job. Its key is the run's name; all it needs to know is in the blob store.</summary>
public interface IRunGrain : IGrainWithStringKey
{
    /// <summary>Starts the run, or resumes it from its last manifest. Does nothing where it already runs.</summary>
    [ResponseTimeout("00:10:00")]
    Task Start();

    /// <summary>Stops at the next step boundary, after a manifest. <see cref="Start"/> goes on from there.</summary>
    [ResponseTimeout("01:00:00")]
    Task Pause();

    /// <summary>Stops for good at the next step boundary, after a manifest.</summary>
    [ResponseTimeout("01:00:00")]
    Task Cancel();

    /// <summary>Where the run is now.</summary>
    Task<RunStatus> GetStatus();

    /// <summary>
    /// All events after the given sequence number, then those to come, until the run ends. The first call passes 0.
    /// </summary>
    IAsyncEnumerable<TrainingEvent> Watch(long afterSequence, CancellationToken cancellationToken = default);

    /// <summary>What each part holds in memory now, by part.</summary>
    Task<IReadOnlyDictionary<string, PartMemory>> GetMemory();
}
