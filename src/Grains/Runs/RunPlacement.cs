using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>On which silos a run's parts are, should be and have been. Used within one grain's turns.</summary>
internal sealed partial class RunPlacement(
    StoredRun run, string? here, IGrainFactory grains, IClusterView cluster, TimeProvider time, ILogger logger)
{
    private long _loaded;

    private readonly PartReleases _releases = new(run.Name, time, logger);
    private readonly ProvenSilos _proven = new(time);
    private readonly JoiningSilos _joining = new(run, grains, time, logger);
    private TaskCompletionSource _placed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The silos that the run may train on.</summary>
    public RunSilos Silos { get; } = new(run.Name, grains, cluster, time, logger);

    /// <summary>How fast these are.</summary>
    public SiloSpeeds Speeds { get; } = new();

    /// <summary>The run's parts, where they were last placed by this activation.</summary>
    public Pipeline? Pipeline { get; private set; }

    /// <summary>Which silo holds which parts; empty while the run does not train.</summary>
    public IReadOnlyList<SiloStage> Stages { get; private set; } = [];

    /// <summary>How the parts were loaded.</summary>
    public LoadCount Loads { get; private set; } = new();

    /// <summary>How often parts were placed again at a step boundary.</summary>
    public int Moves { get; private set; }

    // An earlier activation of this grain has noted the stages in the journal, and how fast the silos were.
    private PartsPlaced? Noted => run.Journal?.Entries.OfType<PartsPlaced>().LastOrDefault();

    private IReadOnlyList<SiloStage> LastKnown => Pipeline?.Stages.Stages ?? Noted?.Stages ?? [];

    private IReadOnlyList<TrainingSilo> Usable => Silos.Usable(LastKnown);
    private TrainingSilo[] Willing => [.. Usable.Where(s => !_joining.IsLeftOut(s.Address))];

    private StagePlan? Held => Silos.Held(LastKnown);

    /// <summary>Whether parts lie, as far as is known, on live silos that the run may not train on any more.</summary>
    public bool HoldsLost => Held is { } held && held.Stages.Any(s => Usable.All(u => u.Address != s.Silo));

    /// <summary>Whether there are silos to train on.</summary>
    public bool HasSilos => Usable.Count > 0;

    /// <summary>Of what kinds the processors and GPUs are on which the parts are computed.</summary>
    public IReadOnlyList<string> Kinds => RunKinds.Of(_plannedFor.Where(s => Uses(s.Address)));

    /// <summary>Whether a silo holds parts of the run.</summary>
    public bool Uses(string silo) => Stages.Any(s => s.Silo == silo);

    /// <summary>Whether the run can go on when the silo of this grain has left.</summary>
    public bool CanMoveAway => Usable.Any(s => s.Address != here);

    /// <summary>Asks the queue for silos.</summary>
    public Task Ask() => run.Plan is { } plan ? Silos.Ask(plan) : Task.CompletedTask;

    /// <summary>Notes in the journal that a silo with parts of the run is about to leave.</summary>
    public void NoteLeaving(string silo)
    {
        if (Uses(silo)) run.Journal?.Note(new SiloLeaving(silo));
    }

    /// <summary>Nothing is placed any more.</summary>
    public void Clear()
    {
        Stages = [];
        Signal();
    }

    /// <summary>Waits until a silo holds nothing of the run.</summary>
    public async Task WaitUntilFree(string silo, Func<bool> atWork, CancellationToken cancellationToken)
    {
        // While nothing is placed, silos that the run has taken in are its own again soon.
        if (Stages.Count > 0 && !Uses(silo)) await _releases.Try(() => _joining.Leave(silo, Stages));
        while (atWork() && Uses(silo)) await _placed.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Says where the parts are from now on. They are still to be loaded there.</summary>
    /// <param name="stages">Where.</param>
    /// <param name="generation">The run's generation.</param>
    /// <returns>The parts, and where they were before, as far as is known: live silos can hand over what they hold.</returns>
    public (Pipeline Parts, StagePlan? Before) Place(StagePlan stages, long generation)
    {
        var before = _releases.Begin(LastKnown, Silos);
        (Pipeline, Stages) = (new Pipeline(grains, run.Plan!, stages, generation, Speeds), stages.Stages);
        return (Pipeline, before);
    }

    /// <summary>Loads the parts as the run's manifest has them.</summary>
    /// <param name="session">The run in its generation.</param>
    /// <param name="before">Where the parts were.</param>
    /// <param name="notice">Breaks it off.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>False if the notice came first. The manifest stays valid, so nothing is lost.</returns>
    public async Task<bool> Load(RunStore session, StagePlan? before, StopNotice notice, CancellationToken cancellationToken)
    {
        var (parts, stages) = (Pipeline!, Stages);
        using var revocable = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, notice.Given);
        try
        {
            Loads = Loads.Add(await parts.Load(session.Manifest!, before, revocable.Token));
        }
        catch (OperationCanceledException) when (notice.IsGiven && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        Speeds.Loaded();
        _loaded = time.GetTimestamp();
        await _releases.ReleaseBefore(parts, Silos);
        _joining.Placed();
        Signal();
        var mixed = RunKinds.Mixed(session.Manifest!, Kinds);
        if (mixed.Count > 0) RunLog.MixedKinds(logger, run.Name, RunKinds.Describe(mixed));
        await run.Journal!.Write(
            run.Store, session.Manifest!.Step,
            [new PartsPlaced(session.Generation, stages) { Speeds = Speeds.Measured, Patience = Speeds.Patience, MixedKinds = mixed }],
            j => session.SetJournalAsync(j, cancellationToken), cancellationToken);
        return true;
    }

    /// <summary>A generation has saved a manifest: its silos can load, train, exchange and store their parts.</summary>
    /// <param name="stages">Where its parts are.</param>
    public void Saved(StagePlan stages)
    {
        _proven.Add(stages);
        _joining.Proven(stages.Stages);
    }

    /// <summary>A generation failed: finds out whether the run had better go on without some of its silos.</summary>
    /// <param name="parts">The parts, where they were to be.</param>
    /// <param name="before">Where they were before.</param>
    /// <param name="failure">What failed.</param>
    /// <param name="ofStore">Whether it was a manifest, of which no silo could store anything.</param>
    /// <returns>The failure, or one that says which silos are left out for now.</returns>
    public Exception Judge(Pipeline parts, StagePlan? before, Exception failure, bool ofStore)
    {
        var silos = _proven.Doubt(parts.Stages, parts.Failed, ofStore);

        // What one silo is refused, others may not be; and one that has just come is not needed yet.
        var isRefused = failure is StoreRefusedException;
        if (parts.Failed.Count > 0 && (isRefused || (before is not null && !parts.Failed.Any(before.Uses)))) silos = parts.Failed;

        // Any of them may be the one.
        if (parts.Stages.Stages.All(s => silos.Contains(s.Silo))) silos = new HashSet<string> { _joining.LeastFailed(silos) };
        var isNews = !silos.All(_joining.HasFailed);
        if (!_joining.LeaveOut(silos, Usable, Fits, untilProven: isRefused)) return failure;
        foreach (var silo in silos) RunLog.LeftOut(logger, run.Name, silo, _joining.PauseOf(silo).TotalSeconds);
        return new SiloFailedException(silos, failure) { IsNews = isNews };
    }

    /// <summary>Notes that the parts are about to be placed again.</summary>
    public void Moving()
    {
        Moves++;
        RunTelemetry.Of(run.Name).Moving();
    }

    /// <summary>
    /// Makes the parts free their memory, and those from before a load that did not end. Those that cannot be reached are gone, or belong to
    /// another generation by now.
    /// </summary>
    public Task Release() => Pipeline is not { } pipeline ? Task.CompletedTask : Task.WhenAll(
        _releases.Try(() => Task.WhenAll(pipeline.Unload(), _joining.Release(pipeline.Stages.Stages))), _releases.ReleaseBefore(pipeline, Silos));

    private void Signal()
    {
        (var before, _placed) = (_placed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        before.SetResult();
    }
}
