using System.Diagnostics;
using System.Runtime.CompilerServices;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IRunGrain"/>
[Reentrant]
[ControlPlacement]
internal sealed partial class RunGrain(IBlobStore store, IClusterView cluster, LocalRuns localRuns, RunOptions options, TimeProvider time, ILogger<RunGrain> logger)
    : Grain, IRunGrain, IRemindable
{
    // So many failures in a row without a new committed step, for so long, end the run: what repeats will not go away. A
    // store or a network that is away for a minute or two does.
    private const int MaxFailuresWithoutProgress = 8;
    private static readonly TimeSpan s_failurePatience = TimeSpan.FromMinutes(3);
    private const int LargestPage = 1000;
    private const string Reminder = "wake";
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);

    // So long a watcher's answer waits for more to go with it.
    private static readonly TimeSpan s_gathering = TimeSpan.FromMilliseconds(200);

    // The reminder that wakes the run where its silo died.
    private static readonly TimeSpan s_wakePeriod = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_settlePatience = TimeSpan.FromSeconds(2);

    // So long a run waits where silos that the queue gave it turn out too small.
    private static readonly TimeSpan s_roomPatience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_waitPause = TimeSpan.FromMilliseconds(250);
    private readonly string _owner = Guid.NewGuid().ToString("N");
    private readonly CancellationTokenSource _life = new();
    private readonly EventFeed _feed = new();
    private TaskCompletionSource _placed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _run = Task.CompletedTask;
    private RunState _state = RunState.Queued;
    private RunState? _stop;
    private bool _handOver;
    private bool _planned;
    private bool _owns;
    private RunSilos? _silos;
    private IGrainTimer? _asking;
    private StopNotice? _notice;
    private TrainingLoop? _loop;
    private Pipeline? _pipeline;
    private ManifestWriter? _manifests;
    private RunHistory? _history;
    private RunJournal? _journal;
    private RunPlan? _plan;
    private (string Spec, string? Dataset) _planSource;
    private IReadOnlyList<SiloStage> _stages = [];
    private RunStore? _session;
    private int _moves;
    private LoadCount _loads = new();

    // Nothing more will happen here: watchers are told what there is, and no more.
    private bool _over;
    private double _stallBefore;
    private string? _error;

    private string Name => this.GetPrimaryKeyString();

    private RunSilos Silos => _silos ??= new RunSilos(Name, GrainFactory, cluster, time, logger);

    public async Task Start()
    {
        // A stop under way ends first.
        if (_stop is not null || _handOver) await _run;
        if (!_run.IsCompleted) return;
        (_stop, _handOver, _error) = (null, false, null);
        DelayDeactivation(TimeSpan.FromDays(365));
        localRuns.Add(Name);
        if (cluster.ClusterId is not null) await this.RegisterOrUpdateReminder(Reminder, s_wakePeriod, s_wakePeriod);
        var head = await RunStore.ReadHeadAsync(store, Name, CancellationToken.None);
        if (!_run.IsCompleted) return;
        if (head?.State == RunHeadStates.Succeeded)
        {
            localRuns.Remove(Name);
            await Forget();
            return;
        }

        var since = head?.Since ?? time.GetUtcNow();
        if (head is { Manifest: not null, IsActive: false })
        {
            since = time.GetUtcNow();
            await RunStore.AcquireAsync(
                store, Name, new RunClaim(RunHeadStates.Waiting, cluster.ClusterId, Planned: true, since), CancellationToken.None);
            if (!_run.IsCompleted) return;
        }

        Silos.Begin(since, trains: head?.State == RunHeadStates.Running);
        _asking ??= this.RegisterGrainTimer(
            AskAgain, new GrainTimerCreationOptions { DueTime = RunSilos.AskPeriod, Period = RunSilos.AskPeriod, Interleave = true });

        // Runs on in this grain's turns after the call has returned.
        (_state, _over) = (Silos.Trains ? RunState.Starting : RunState.Queued, false);
        _run = RunToEnd();
    }

    public async Task Resume(IReadOnlyList<string> leaving)
    {
        foreach (var silo in leaving) Leave(silo);
        if (!_run.IsCompleted) return;
        var head = await RunStore.ReadHeadAsync(store, Name, CancellationToken.None);
        if (!_run.IsCompleted) return;

        // Who comes with silos that are leaving has let go of the run in good order.
        _planned |= leaving.Count > 0;
        if (head?.IsActive == true && head.Cluster == cluster.ClusterId) await Start();
        else await Forget();
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Resume([]);

    public Task Pause() => Stop(RunState.Paused);

    public Task Cancel() => Stop(RunState.Cancelled);

    public async Task HandOver()
    {
        // Asked by the silo that this grain is on, because it leaves; nobody will tell this activation so again.
        NoteLeaving(GrainContext.Address.SiloAddress!.ToParsableString());
        _handOver = true;
        _notice?.Give();
        await _run;
        DeactivateOnIdle();
    }

    public async Task Drain(string silo, CancellationToken cancellationToken)
    {
        if (Leave(silo)) NoteLeaving(silo);
        while (!_run.IsCompleted && _stages.Any(s => s.Silo == silo)) await _placed.Task.WaitAsync(cancellationToken);
    }

    public async Task<RunStatus> GetStatus()
    {
        // Until it is this activation's own, the store knows it best.
        if (_state == RunState.Queued || (_state == RunState.Starting && _session is null))
        {
            var stored = await StoredStatus();
            return stored.State == RunState.Queued && Silos.Waits is { } waits ? stored with { QueuePosition = waits.Position, Error = waits.Reason } : stored;
        }

        var manifest = (_manifests?.Last ?? _session?.Manifest)?.Step ?? 0;
        return new RunStatus
        {
            Run = Name,
            State = _state,
            Step = _loop?.Step ?? manifest,
            TotalSteps = _plan?.TotalSteps ?? 0,
            LayerCount = _plan?.Config.NumHiddenLayers ?? 0,
            Loss = _history?.Records.LastOrDefault()?.Loss,
            Generation = _session?.Generation ?? 0,
            Recoveries = _session?.Head.Recoveries ?? 0,
            ManifestStep = manifest,
            Error = _error,
            Stages = _stages,
            Moves = _moves,
            Priority = _plan?.Spec.Priority ?? 0,
            ManifestBytes = _manifests?.LastBytes ?? 0,
            StallSeconds = _stallBefore + (_manifests?.Stalled.TotalSeconds ?? 0),
            Loads = _loads,
            Position = new EventPosition(_history?.Records.Count ?? 0, _journal?.Entries.Count ?? 0),
        };
    }

    public async IAsyncEnumerable<TrainingEvent> Watch(EventPosition after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await ReadEvents(cancellationToken);
        while (true)
        {
            var more = _feed.More;
            while (Next(after) is { } next)
            {
                after = next.Position;
                yield return next;
            }

            if (_over) yield break;
            await more.WaitAsync(cancellationToken);
        }
    }

    public async Task<IReadOnlyList<TrainingEvent>> GetEvents(EventPosition after, int limit)
    {
        await ReadEvents(CancellationToken.None);
        var events = new List<TrainingEvent>();
        while (events.Count < Math.Clamp(limit, 1, LargestPage) && Next(after) is { } next)
        {
            after = next.Position;
            events.Add(next);
        }

        return events;
    }

    public async Task<IReadOnlyList<TrainingEvent>> WaitForEvents(
        EventPosition after, int limit, TimeSpan patience, CancellationToken cancellationToken)
    {
        await ReadEvents(cancellationToken);
        var (asked, waited, over) = (time.GetTimestamp(), false, _over);
        var longest = patience < s_longestWait ? patience : s_longestWait;

        // Where the run's work here ends meanwhile, nobody may keep this grain from going elsewhere.
        while (Next(after) is null && _over == over && longest - time.GetElapsedTime(asked) is { Ticks: > 0 } left)
        {
            await _feed.More.WaitAsync(left, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            cancellationToken.ThrowIfCancellationRequested();
            waited = true;
        }

        if (waited && !_over && Next(after) is not null) await Task.Delay(s_gathering, time, cancellationToken);
        return await GetEvents(after, limit);
    }

    public async Task<IReadOnlyDictionary<string, PartMemory>> GetMemory() =>
        _pipeline is null ? new Dictionary<string, PartMemory>() : await _pipeline.Memory();

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _life.CancelAsync();
        await _run.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        localRuns.Remove(Name);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    // Whether that is news.
    private bool Leave(string silo)
    {
        var news = Silos.Leave([silo]);
        if (_stages.Any(s => s.Silo == silo)) _notice?.Give();
        return news;
    }

    private void NoteLeaving(string silo)
    {
        if (_stages.Any(s => s.Silo == silo)) _journal?.Note(new SiloLeaving(silo));
    }

    private async Task Stop(RunState state)
    {
        if (_run.IsCompleted)
        {
            // Nobody works on it here, so only the store has to know. The claim also stops an owner that was lost from sight.
            var claim = new RunClaim(state == RunState.Cancelled ? RunHeadStates.Cancelled : RunHeadStates.Paused, cluster.ClusterId, Planned: true);
            var head = await RunStore.ReadHeadAsync(store, Name, CancellationToken.None);
            if (head?.Manifest is null || head.State == RunHeadStates.Cancelled || (await StoredStatus()).State == RunState.Succeeded) return;
            _session = await RunStore.AcquireAsync(store, Name, claim, CancellationToken.None);
            _journal = await RunJournal.Read(store, _session.Head, _journal, time, CancellationToken.None);
            await WriteEnd(state, claim.State, null);
            if (_run.IsCompleted) Ended(state, null);
            return;
        }

        if (_stop != RunState.Cancelled) _stop = state;
        _notice?.Give();
        await _run;
    }

    private async Task RunToEnd()
    {
        // Traces of steps are their own, not a part of the call that once started the run.
        Activity.Current = null;
        using var scope = logger.BeginScope("run {Run}", Name);
        var (failures, progress, failingSince) = (0, -1L, 0L);
        _owns = false;
        var waitingSince = time.GetTimestamp();
        while (true)
        {
            try
            {
                if (await RunGeneration(_life.Token) is not { } ended)
                {
                    failures = 0;
                    waitingSince = time.GetTimestamp();
                    continue;
                }

                await End(ended, null);
                return;
            }
            catch (OperationCanceledException) when (_life.IsCancellationRequested)
            {
                Ended(RunState.Paused, null);
                return;
            }
            catch (Exception e) when (e is StaleGenerationException or RunHeldException)
            {
                Replaced(e);
                return;
            }
            catch (QueuedException)
            {
                await Pause(s_waitPause);
            }
            catch (NoRoomException e) when (time.GetElapsedTime(waitingSince) < s_roomPatience && _stop is null && !_handOver)
            {
                _error = $"waiting: {e.Message}";
                await Pause(TimeSpan.FromMilliseconds(250));
            }
            catch (Exception e) when (IsFinal(e))
            {
                if (await IsReplaced())
                {
                    Replaced(e);
                    return;
                }

                await Release();
                LogFailed(e, Name, e.Message);
                await End(RunState.Failed, e.Message);
                return;
            }
            catch (Exception e)
            {
                var step = _loop?.Step ?? 0;
                failures = step > progress ? 1 : failures + 1;
                if (failures == 1) failingSince = time.GetTimestamp();
                progress = Math.Max(progress, step);
                waitingSince = time.GetTimestamp();
                if (_manifests is not null) await _manifests.Settle(s_settlePatience);
                if (failures > MaxFailuresWithoutProgress && time.GetElapsedTime(failingSince) > s_failurePatience)
                {
                    await Release();
                    LogFailed(e, Name, e.Message);
                    await End(RunState.Failed, $"step {step + 1} failed {failures} times in a row: {e.Message}");
                    return;
                }

                _state = RunState.Recovering;
                LogRecovering(e, Name, step + 1, _manifests?.Last.Step ?? 0);
                _journal?.Note(new RunRecovering(step + 1, _manifests?.Last.Step ?? 0, e.Message));
                RunTelemetry.Of(Name).Recovering();
                await Pause(TimeSpan.FromMilliseconds(Math.Min(50 << Math.Min(failures, 10), s_longestPause.TotalMilliseconds)));
            }
        }

        async Task Pause(TimeSpan pause) => await Task.Delay(pause, time, _life.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>Trains from the last manifest under a new generation; null where the next generation is to go on at once.</summary>
    private async Task<RunState?> RunGeneration(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _stages = [];
        SignalPlaced();

        // Silos first: while there are none, no generation is used up.
        if (_plan is null && await RunStore.ReadHeadAsync(store, Name, cancellationToken) is { Manifest: { } blob })
            _plan = await ReadPlan(await RunStore.ReadManifestAsync(store, blob, cancellationToken), cancellationToken);
        if (_stop is null && !_handOver) await Ask();
        if (Silos.Usable(Placed()).Count == 0 && _stop is null && !_handOver && _plan is not null) throw new QueuedException();
        Silos.BeginTraining();
        if (_state == RunState.Queued) _state = RunState.Starting;
        var claim = new RunClaim(RunHeadStates.Running, cluster.ClusterId, _planned) { Owner = _owner, OnlyOwn = _owns };
        var run = await RunStore.AcquireAsync(store, Name, claim, cancellationToken);
        var first = _session is null;
        (_session, _owns, _planned) = (run, true, false);
        var manifest = run.Manifest ?? throw new InvalidDataFileException(Name, $"the store at {store.Location} has no manifest of this run");
        _plan = await ReadPlan(manifest, cancellationToken);
        _history = await RunHistory.Read(store, manifest, cancellationToken);
        _journal = await RunJournal.Read(store, run.Head, _journal, time, cancellationToken);
        if (first && run.Recovered)
        {
            _journal.Note(new RunRecovering(manifest.Step + 1, manifest.Step, "the silo that ran the show was lost"));
            RunTelemetry.Of(Name).Recovering();
        }

        _journal.Note(new RunStarted(manifest.Step, _plan.TotalSteps, run.Generation));
        _manifests = Manifests(run, null);
        if (manifest.Completed) return RunState.Succeeded;

        if (_stop is { } early) return early;
        if (_handOver) return RunState.Running;
        _planned = true;
        var before = Silos.Held(Placed());
        var stages = StagePlanner.Plan(_plan.Config, _plan.Spec, Silos.Usable(Placed()));
        _planned = false;
        _pipeline = new Pipeline(GrainFactory, _plan, stages, run.Generation);
        _manifests = Manifests(run, _pipeline);
        using var scope = logger.BeginScope("generation {Generation}", run.Generation);
        using var notice = new StopNotice(options.StepPatience, time);
        _notice = notice;
        _loop = new TrainingLoop(
            _plan, _pipeline, _history, _journal, _manifests, _feed, time, notice, () => Interruption(stages),
            step => LogBrokenOff(Name, step, options.StepPatience.TotalSeconds), logger);
        _stages = stages.Stages;
        LoopOutcome outcome;
        try
        {
            outcome = await Load(run, _pipeline, before, notice, cancellationToken) ? await _loop.Run(cancellationToken) : Interruption(stages) ?? LoopOutcome.Replan;
        }
        finally
        {
            _notice = null;
        }

        if (outcome == LoopOutcome.Replan)
        {
            _moves++;
            RunTelemetry.Of(Name).Moving();
            _planned = true;
            return null;
        }

        // Where the run goes on at once on another silo, the parts wait there for its next generation.
        var here = GrainContext.Address.SiloAddress?.ToParsableString();
        if (!_handOver || _stop is not null || outcome == LoopOutcome.Completed || Silos.Usable(Placed()).All(s => s.Address == here)) await Release();
        return outcome == LoopOutcome.Completed ? RunState.Succeeded : _stop ?? RunState.Running;
    }

    // Whether that was not broken off. All that was committed is in the store, so nothing is lost where it was.
    private async Task<bool> Load(RunStore run, Pipeline pipeline, StagePlan? before, StopNotice notice, CancellationToken cancellationToken)
    {
        using var revocable = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, notice.Given);
        try
        {
            _loads = _loads.Add(await pipeline.Load(run.Manifest!, before, revocable.Token));
        }
        catch (OperationCanceledException) when (notice.IsGiven && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        if (before is not null) await Release(() => pipeline.UnloadMoved(before));
        SignalPlaced();
        await _journal!.Write(
            store, run.Manifest!.Step, [new PartsPlaced(run.Generation, _stages)], j => run.SetJournalAsync(j, cancellationToken), cancellationToken);
        _feed.Signal();
        (_state, _error) = (RunState.Running, null);
        RunTelemetry.Of(Name).Placed(run.Generation, _plan!.TotalSteps);
        return true;
    }

    private void Replaced(Exception e)
    {
        LogReplaced(Name, e.Message);

        // In a cluster it goes on elsewhere, and watchers will hear so there; in a single process this is the end of it.
        if (cluster.ClusterId is null) _journal?.AddUnwritten(0, new RunEnded(RunState.Failed, _loop?.Step ?? 0, e.Message));
        Ended(RunState.Failed, e.Message);
        DeactivateOnIdle();
    }

    private ManifestWriter Manifests(RunStore run, Pipeline? pipeline)
    {
        _stallBefore += _manifests?.Stalled.TotalSeconds ?? 0;
        return new(store, run, _history!, _journal!, pipeline, _feed, time, e => LogNotCollected(e, Name));
    }

    // What looks like a damaged run may be one that has moved on.
    private async Task<bool> IsReplaced()
    {
        try
        {
            return _owns && (await RunStore.ReadHeadAsync(store, Name, CancellationToken.None))?.Owner != _owner;
        }
        catch (Exception e)
        {
            LogHeadUnknown(e, Name);
            return false;
        }
    }

    // The parts give their memory back. Those that cannot be reached are gone, or belong to another generation by now.
    private async Task Release()
    {
        if (_manifests is not null) await _manifests.Settle(s_settlePatience);
        if (_pipeline is { } pipeline) await Release(pipeline.Unload);
    }

    private async Task Release(Func<Task> unload)
    {
        try
        {
            await unload().WaitAsync(s_settlePatience, time);
        }
        catch (Exception e)
        {
            LogNotReleased(e, Name);
        }
    }

    private async Task<RunPlan> ReadPlan(Manifest manifest, CancellationToken cancellationToken)
    {
        var source = (manifest.Spec.Sha256, manifest.Dataset?.Sha256);
        if (_plan is not null && source == _planSource) return _plan;
        var plan = await RunPlan.Read(store, manifest, cancellationToken);
        _planSource = source;
        return plan;
    }

    private Task AskAgain(CancellationToken cancellationToken) => _run.IsCompleted || _state != RunState.Running ? Task.CompletedTask : Ask();

    private Task Ask() => _plan is null ? Task.CompletedTask : Silos.Ask(_plan);

    // Where the parts are as far as is known: an earlier activation of this grain has left word in the journal.
    private IReadOnlyList<SiloStage> Placed() =>
        _pipeline?.Stages.Stages ?? _journal?.Entries.OfType<PartsPlaced>().LastOrDefault()?.Stages ?? [];

    private LoopOutcome? Interruption(StagePlan current)
    {
        if (_stop is not null || _handOver) return LoopOutcome.Stopped;
        if (Silos.Changed) Ask().Ignore();
        var silos = Silos.Usable(Placed());
        if (silos.Count == 0) return Silos.AnyLeaves(current) ? LoopOutcome.Replan : null;
        try
        {
            return StagePlanner.Plan(_plan!.Config, _plan.Spec, silos).SameAs(current) ? null : LoopOutcome.Replan;
        }
        catch (NoRoomException)
        {
            // Too small without those that leave: the manifest keeps what was done, and the run waits for others.
            return LoopOutcome.Replan;
        }
    }

    // What the run came to is kept in the store, for those who ask when this activation is gone.
    private async Task End(RunState state, string? error)
    {
        var stored = state switch
        {
            RunState.Paused => RunHeadStates.Paused,
            RunState.Cancelled => RunHeadStates.Cancelled,
            RunState.Failed => RunHeadStates.Failed,
            RunState.Succeeded => RunHeadStates.Succeeded,
            _ => null,
        };
        if (stored is not null) await WriteEnd(state, stored, error);

        if (state != RunState.Running)
        {
            await Forget();
            await Silos.LeaveQueue();
        }

        Ended(state, error);
    }

    private async Task WriteEnd(RunState state, string stored, string? error)
    {
        var step = _session?.Manifest?.Step ?? 0;
        var ended = new RunEnded(state, _loop?.Step ?? step, error);
        _journal ??= await RunJournal.Read(store, null, null, time, _life.Token);
        try
        {
            if (_session is { } session)
                await _journal.Write(store, step, [ended], j => session.SetStateAsync(stored, error, j, _life.Token), _life.Token);
            else _journal.AddUnwritten(step, ended);
        }
        catch (Exception e)
        {
            // Whatever the store says: the run has ended, and those who watch it must hear so.
            LogStateLost(e, Name, stored);
            _journal.AddUnwritten(step, ended);
        }
    }

    private void Ended(RunState state, string? error)
    {
        (_state, _error, _stages, _over) = (state, error, [], true);
        RunTelemetry.Forget(Name);
        localRuns.Remove(Name);
        SignalPlaced();
        _feed.Signal();
    }

    private TrainingEvent? Next(EventPosition after) => EventFeed.Next(after, _history?.Records ?? [], _journal?.Entries ?? []);

    // For those who ask about a run that nobody works on here. A run that is to be worked on is heard of again.
    private async Task ReadEvents(CancellationToken cancellationToken)
    {
        if (_history is not null || !_run.IsCompleted) return;
        var known = _journal;
        if (await RunStore.ReadHeadAsync(store, Name, cancellationToken) is not { Manifest: { } blob } head) return;
        var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken);
        var history = await RunHistory.Read(store, manifest, cancellationToken);
        var journal = await RunJournal.Read(store, head, null, time, cancellationToken);
        if (_history is not null || !_run.IsCompleted) return;
        _history = history;

        // A cancellation may have come while this was read: its journal is the newer one.
        if (_journal != known) return;
        _journal = journal;
        _over = head.State is RunHeadStates.Succeeded or RunHeadStates.Failed or RunHeadStates.Cancelled or RunHeadStates.Paused;
    }

    private async Task Forget()
    {
        if (cluster.ClusterId is null) return;
        try
        {
            if (await this.GetReminder(Reminder) is { } reminder) await this.UnregisterReminder(reminder);
        }
        catch (Exception e)
        {
            // It wakes the run once more, which then sees in the store that there is nothing to do.
            LogNotForgotten(e, Name);
        }
    }

    private void SignalPlaced()
    {
        var before = _placed;
        _placed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.SetResult();
    }

    private async Task<RunStatus> StoredStatus()
    {
        (var status, _plan) = await StoredRunStatus.Read(store, Name, _plan, CancellationToken.None);
        return status;
    }

    // Repeating cannot help: what is stored is wrong. Blobs are read again where that may help, before this is said of them.
    private static bool IsFinal(Exception e) =>
        e is TrainingDivergedException or NoRoomException or InvalidDataFileException or Model.ModelConfigException or Data.DatasetException
            or BlobMissingException or BlobCorruptException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: step {Step} failed; going back to the manifest of step {ManifestStep}")]
    private partial void LogRecovering(Exception exception, string run, long step, long manifestStep);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: step {Step} was broken off because it had not ended {Seconds} s after the run was told to stop or to move; it will be done again")]
    private partial void LogBrokenOff(string run, long step, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} is worked on elsewhere: {Reason}")]
    private partial void LogReplaced(string run, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: not all parts could be told to free their memory")]
    private partial void LogNotReleased(Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: replaced blobs could not be deleted")]
    private partial void LogNotCollected(Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {Run} failed: {Reason}")]
    private partial void LogFailed(Exception exception, string run, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: its reminder could not be removed")]
    private partial void LogNotForgotten(Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: its head could not be read")]
    private partial void LogHeadUnknown(Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {Run}: the store could not be told that it is {State}")]
    private partial void LogStateLost(Exception exception, string run, string state);
}
