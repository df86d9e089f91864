using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>One generation of a run at work: its parts, what trains them, what saves them, and what breaks that off.</summary>
internal sealed class RunGeneration : IDisposable
{
    private readonly StoredRun _run;
    private readonly RunStore _session;
    private readonly RunPlacement _placement;
    private readonly TrainingLoop _loop;
    private readonly RunOptions _options;
    private readonly Pipeline _parts;
    private readonly StagePlan? _before;
    private readonly long _began;

    /// <param name="run">The run.</param>
    /// <param name="session">The run in this generation.</param>
    /// <param name="placement">Where its parts go.</param>
    /// <param name="feed">Tells those who watch.</param>
    /// <param name="stages">Where the parts are to be.</param>
    /// <param name="replaced">The blobs that manifests replace.</param>
    /// <param name="options">How runs behave.</param>
    /// <param name="time">The clock.</param>
    /// <param name="interruption">Why the run is to stop at the next step boundary; null where it goes on.</param>
    /// <param name="logger">The run's log.</param>
    public RunGeneration(
        StoredRun run, RunStore session, RunPlacement placement, EventFeed feed, StagePlan stages, ReplacedBlobs replaced, RunOptions options,
        TimeProvider time, Func<LoopOutcome?> interruption, ILogger logger)
    {
        (_run, _session, _placement, _options, Stages, _began) = (run, session, placement, options, stages, run.ManifestStep);
        Notice = new StopNotice(options.StepPatience, time);
        (_parts, _before) = placement.Place(stages, session.Generation);
        Manifests = new ManifestWriter(
            run.Store, session, run.Plan!.Spec, run.History!, run.Keeper!, run.Journal!, _parts, placement.Kinds, feed, replaced, options, time);
        _loop = new TrainingLoop(
            run.Plan!, _parts, new RunReference(run.Store, run.Plan!, _parts, placement.Kinds, Manifests, run.Journal!, time, logger),
            run.History!, run.Journal!, Manifests, feed, time, Notice, options, interruption,
            step => RunLog.BrokenOff(logger, run.Name, step, options.StepPatience.TotalSeconds), logger);
    }

    /// <summary>Where its parts are.</summary>
    public StagePlan Stages { get; }

    /// <summary>Tells it that the run is to stop or to move.</summary>
    public StopNotice Notice { get; }

    /// <summary>Writes its manifests.</summary>
    public ManifestWriter Manifests { get; }

    /// <summary>
    /// The step from which it has made progress: that of the manifest that it began with. Steps that are repeated for ever because no manifest
    /// can be stored are none.
    /// </summary>
    public long Began => Manifests.HasFailed ? long.MaxValue : _began;

    /// <summary>The last committed step.</summary>
    public long Step => _loop.Step;

    /// <summary>Loads its parts; false where that was broken off.</summary>
    public Task<bool> Load(CancellationToken cancellationToken) => Judged(
        async () =>
        {
            if (!await _placement.Load(_session, _before, Notice, cancellationToken)) return false;
            RunTelemetry.Of(_run.Name).Placed(_session.Generation, _run.Plan!.TotalSteps);
            return true;
        },
        cancellationToken);

    /// <summary>Trains to the end, or to the step boundary at which there is a reason to stop.</summary>
    public Task<LoopOutcome> Train(CancellationToken cancellationToken) => Judged(() => _loop.Run(cancellationToken), cancellationToken);

    private async Task<T> Judged<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        var before = Manifests.Last.Step;
        try
        {
            return await Proving(work, before);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && MayBeOfSilo(e, hasSaved: Manifests.Last.Step > before))
        {
            var judged = _placement.Judge(_parts, _before, e, ofStore: Manifests.HasFailed && !_parts.HasStored);
            if (judged != e) throw judged;
            throw;
        }
    }

    // Before a failure is judged: whoever is left out because of it has proven what it did before, and no more.
    private async Task<T> Proving<T>(Func<Task<T>> work, long before)
    {
        try
        {
            return await work();
        }
        finally
        {
            if (Manifests.Last.Step > before) _placement.Saved(Stages);
        }
    }

    // What a silo is refused may have been allowed to it before.
    private bool MayBeOfSilo(Exception failure, bool hasSaved) => failure is StoreRefusedException
        || (!hasSaved && _options.Failures.ActionFor(failure) is FailureAction.Retry or FailureAction.Pause or FailureAction.Fail);

    /// <inheritdoc/>
    public void Dispose() => Notice.Dispose();
}
