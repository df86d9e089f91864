using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>On which silos a run's parts are, should be and have been. Used within one grain's turns.</summary>
internal sealed class RunPlacement(
    StoredRun run, string? here, IGrainFactory grains, IClusterView cluster, TimeProvider time, ILogger logger)
{
    // What disturbs a silo for a moment is no reason to move parts.
    private static readonly TimeSpan s_measuring = TimeSpan.FromSeconds(10);

    // The silos that the plan is for, in the order of their addresses; and as they were when it was last compared with another.
    private IReadOnlyList<TrainingSilo> _plannedFor = [];
    private IReadOnlyList<TrainingSilo> _compared = [];
    private (RunPlan Of, StagePlan Stages)? _plan;
    private long _loaded;

    private readonly PartReleases _releases = new(run.Name, time, logger);
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

    // Those that plans are made for. Ones that have just come are taken in when they have loaded what they can, unless there are no others.
    private IReadOnlyList<TrainingSilo> Ready
    {
        get
        {
            var held = LastKnown.Select(s => s.Silo).Concat(_plannedFor.Select(s => s.Address)).ToHashSet();
            TrainingSilo[] ready = [.. Willing.Where(s => held.Contains(s.Address) || _joining.IsReady(s.Address))];
            return ready.Length > 0 ? ready : Willing is { Length: > 0 } willing ? willing : Usable;
        }
    }

    private StagePlan? Held => Silos.Held(LastKnown);

    /// <summary>Whether there are silos to train on.</summary>
    public bool HasSilos => Usable.Count > 0;

    /// <summary>Whether any part is computed on a GPU.</summary>
    public bool OnGpu => _plannedFor.Any(s => s.OnGpu && Uses(s.Address));

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

    /// <summary>The best placement now.</summary>
    /// <exception cref="NoRoomException">The silos cannot hold the run.</exception>
    public StagePlan Plan()
    {
        if (Pipeline is null && Noted is { } noted) Speeds.Recall(noted.Speeds);
        try
        {
            return Plan(Ready);
        }
        catch (NoRoomException) when (Usable.Count > Ready.Count)
        {
            return Plan(Willing is var willing && Fits(willing) ? willing : Usable);
        }
    }

    private bool Fits(IReadOnlyList<TrainingSilo> silos) => StagePlanner.Fits(run.Plan!.Config, run.Plan.Spec, silos);

    private StagePlan Plan(IReadOnlyList<TrainingSilo> silos)
    {
        var (before, now) = (_plannedFor, ByAddress(silos));
        if (!now.SequenceEqual(before)) Speeds.Begin(silos);
        _plannedFor = now;
        var (config, spec, measured) = (run.Plan!.Config, run.Plan.Spec, Speeds.Of(silos));
        var best = ReplicaPlanner.Plan(config, spec, measured, Held);

        // A generation that begins for another reason is none to deal the same silos their work anew.
        if (_plan is not { } last || last.Of != run.Plan || !now.SequenceEqual(before)
            || ReplicaPlanner.IsWorthMoving(config, spec, measured, last.Stages, best))
        {
            _plan = (run.Plan, best);
        }

        return _plan.Value.Stages;
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
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && before is not null)
        {
            if (_joining.LeaveOut(parts.Failed, before, Usable, Fits)) throw new JoinerFailedException(parts.Failed, e);
            throw;
        }

        Speeds.Loaded();
        _loaded = time.GetTimestamp();
        await _releases.ReleaseBefore(parts, Silos);
        _joining.Placed(stages);
        Signal();
        await run.Journal!.Write(
            run.Store, session.Manifest!.Step, [new PartsPlaced(session.Generation, stages) { Speeds = Speeds.Measured }],
            j => session.SetJournalAsync(j, cancellationToken), cancellationToken);
        return true;
    }

    /// <summary>Notes that the parts are about to be placed again.</summary>
    public void Moving()
    {
        Moves++;
        RunTelemetry.Of(run.Name).Moving();
    }

    /// <summary>Whether the parts should move.</summary>
    public bool ShouldMove(StagePlan current)
    {
        if (Silos.Changed) Ask().Ignore();
        if (!HasSilos) return Silos.AnyLeaves(current);
        // A plan changes the order of silos, on which the next one depends; so of the same silos another one must be better.
        if (ByAddress(Ready).SequenceEqual(_plannedFor))
        {
            TakeIn();
            return IsTooSlow(current);
        }

        try
        {
            return !Plan().SameAs(current);
        }
        catch (NoRoomException)
        {
            // Without the silos that leave there is too little room: the manifest keeps what was done, and the run waits for others.
            return true;
        }
    }

    /// <summary>
    /// Makes the parts free their memory, and those from before a load that did not end. Those that cannot be reached are gone, or belong to
    /// another generation by now.
    /// </summary>
    public Task Release() => Pipeline is not { } pipeline ? Task.CompletedTask : Task.WhenAll(
        _releases.Try(() => Task.WhenAll(pipeline.Unload(), _joining.Release(pipeline.Stages.Stages))), _releases.ReleaseBefore(pipeline, Silos));

    // Prepares silos that have just come.
    private void TakeIn()
    {
        TrainingSilo[] joining = [.. Willing.Except(Ready)];
        if (_joining.AreLoading || joining.Length == 0) return;
        var plan = ReplicaPlanner.Plan(run.Plan!.Config, run.Plan.Spec, Speeds.Of(Willing), Held);

        // What is loaded there now is let go of with what the run has, where it then comes to another plan.
        _releases.Note(LastKnown);
        _releases.Note(plan.Stages);
        _joining.Begin([.. joining.Select(s => s.Address)], plan, Pipeline!, parts => Loads = Loads.Add(parts));
    }

    // Whether another plan is worth it, by what the silos have been found to do.
    private bool IsTooSlow(StagePlan current)
    {
        if (!Speeds.MayMove || time.GetElapsedTime(_loaded) < s_measuring) return false;
        if (Speeds.Of(Ready) is not { Count: > 1 } silos || silos.SequenceEqual(_compared)) return false;
        _compared = silos;
        var (config, spec) = (run.Plan!.Config, run.Plan.Spec);
        if (!ReplicaPlanner.IsWorthMoving(config, spec, silos, current, ReplicaPlanner.Plan(config, spec, silos, Held))) return false;
        RunLog.EveningOut(logger, run.Name, string.Join(", ", silos.Select(s => FormattableString.Invariant($"{s.Address} {s.Speed:0.00}"))));
        Speeds.Moved();
        return true;
    }

    private static TrainingSilo[] ByAddress(IEnumerable<TrainingSilo> silos) => [.. silos.OrderBy(s => s.Address, StringComparer.Ordinal)];

    private void Signal()
    {
        (var before, _placed) = (_placed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        before.SetResult();
    }
}
