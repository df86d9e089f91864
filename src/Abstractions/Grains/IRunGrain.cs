namespace LisaOrleans;

/// <summary>One fine-tuning job. Its key is the run's name; everything it needs to know is in the blob store.</summary>
public interface IRunGrain : IGrainWithStringKey
{
    /// <summary>Starts the run, or resumes it from its last manifest. Does nothing where it already runs, or is complete.</summary>
    /// <exception cref="RunEndedException">It was cancelled.</exception>
    [ResponseTimeout("00:10:00")]
    Task Start();

    /// <summary>The same for a run that was just imported, which nobody has stopped since: one that is paused stays so.</summary>
    [ResponseTimeout("00:10:00")]
    Task StartIfNew();

    /// <summary>
    /// Stops at the next step boundary, after a manifest. <see cref="Start"/> continues from there. An evaluation is broken off at
    /// once, a step that does not end in time is broken off too: the manifest is then of the step before it.
    /// </summary>
    /// <exception cref="RunEndedException">It has failed.</exception>
    [ResponseTimeout("01:00:00")]
    Task Pause();

    /// <summary>Stops for good, otherwise as <see cref="Pause"/>.</summary>
    [ResponseTimeout("01:00:00")]
    Task Cancel();

    /// <summary>
    /// Moves the run's parts away from a silo that is about to leave, at the next step boundary and after a manifest.
    /// Returns when nothing of the run is there any more, or at once where there is no other silo to go to.
    /// </summary>
    /// <param name="silo">The silo's address.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [ResponseTimeout("00:10:00")]
    Task Drain(string silo, CancellationToken cancellationToken);

    /// <summary>
    /// Stops at the next step boundary, after a manifest, and moves this activation to the silo that the caller's placement hint
    /// names. The run stays one that is to be worked on: the next <see cref="Resume"/> or <see cref="Start"/>, on any silo,
    /// continues it.
    /// </summary>
    [ResponseTimeout("00:10:00")]
    Task HandOver();

    /// <summary>Starts the run if it was running when it was last heard of, avoiding the silos that are about to leave.</summary>
    /// <param name="leaving">Addresses of silos to keep off.</param>
    /// <returns>The silo that the call has reached where that one is about to leave, so that the call has to be made again; else null.</returns>
    [ResponseTimeout("00:10:00")]
    Task<string?> Resume(IReadOnlyList<string> leaving);

    /// <summary>Where the run is now.</summary>
    Task<RunStatus> GetStatus();

    /// <summary>
    /// All events after a position, then those to come, until the run ends. Ends early where the run goes on elsewhere; whoever
    /// then asks again with the position of the last event gets every event once.
    /// </summary>
    /// <param name="after">The position of the last event that was seen; <see cref="EventPosition.Start"/> for all.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    IAsyncEnumerable<TrainingEvent> Watch(EventPosition after, CancellationToken cancellationToken = default);

    /// <summary>The events after a position that are known now, in order; at most so many. Does not wait.</summary>
    /// <param name="after">The position of the last event that was seen.</param>
    /// <param name="limit">At most so many; from 1 to 1000.</param>
    Task<IReadOnlyList<TrainingEvent>> GetEvents(EventPosition after, int limit);

    /// <summary>
    /// The events after a position, as soon as there are any: what happens within a moment comes as one answer, so that many
    /// watchers of a fast run cost little. Empty if nothing happened while the caller was willing to wait.
    /// </summary>
    /// <param name="after">The position of the last event that was seen.</param>
    /// <param name="limit">At most so many; from 1 to 1000.</param>
    /// <param name="patience">How long to wait for the first; at most 10 seconds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [ResponseTimeout("00:00:20")]
    Task<IReadOnlyList<TrainingEvent>> WaitForEvents(EventPosition after, int limit, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>What each part holds in memory now, by part.</summary>
    Task<IReadOnlyDictionary<string, PartMemory>> GetMemory();
}
