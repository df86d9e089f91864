namespace LisaOrleans;

/// <summary>
/// Shares the silos of a cluster among its runs: by priority, then by age, evenly, within memory. It remembers nothing that
/// cannot be lost: runs say what they hold, and ask again all the time. Its key is 0.
/// </summary>
public interface IRunQueueGrain : IGrainWithIntegerKey
{
    /// <summary>Asks for silos, or says that the run goes on with those that it holds.</summary>
    /// <param name="demand">What the run is, and holds.</param>
    [ResponseTimeout("00:00:10")]
    Task<RunShare> Ask(RunDemand demand);

    /// <summary>The run needs no silos any more.</summary>
    /// <param name="run">Its name.</param>
    [ResponseTimeout("00:00:10")]
    Task Leave(string run);

    /// <summary>All runs that ask, in the order in which they are served.</summary>
    Task<IReadOnlyList<QueueEntry>> GetQueue();
}
