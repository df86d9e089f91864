namespace LisaOrleans;

/// <summary>
/// Owns the schedule of a run: which decoder layers train in which period, in the past, now and to come, and what the
/// committed steps say of each layer. Its key is the run's name. What it knows is a function of the run's settings and its
/// committed steps, so it can be lost at any moment and reloads itself.
/// </summary>
public interface ILayerSchedulerGrain : IGrainWithStringKey
{
    /// <summary>Says what trains in a period. The same question always has the same answer.</summary>
    /// <param name="generation">The run's generation.</param>
    /// <param name="period">The period: that of the step after the last one committed.</param>
    /// <param name="committed">The steps committed since the scheduler was last told, in order.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StaleGenerationCallException">The run goes on in a newer generation.</exception>
    [ResponseTimeout("00:05:00")]
    Task<PeriodAnswer> BeginPeriod(long generation, long period, IReadOnlyList<StepRecord> committed, CancellationToken cancellationToken);

    /// <summary>The schedule; null where there is no such run.</summary>
    /// <param name="past">At most so many of the periods that have ended; up to 100 are kept.</param>
    /// <param name="coming">At most so many of the periods after the next step's; up to 100.</param>
    /// <param name="cancellationToken">Cancels.</param>
    [ResponseTimeout("00:00:30")]
    Task<LayerSchedule?> GetSchedule(int past, int coming, CancellationToken cancellationToken);
}
