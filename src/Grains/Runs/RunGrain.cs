using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IRunGrain"/>
[Reentrant]
[ControlPlacement]
internal sealed partial class RunGrain(
    IBlobStore store, IClusterView cluster, LocalRuns localRuns, StoreReach reach, RunOptions options, TimeProvider time,
    ILogger<RunGrain> logger)
    : Grain, IRunGrain, IRemindable
{
    // Calls that begin or stop the work on the run: each goes by whether it is at work, and by what the store says of it.
    private readonly OneAtATime _calls = new();

    private StoredRun _run = null!;
    private RunPlacement _placement = null!;
    private RunEvents _events = null!;
    private RunLifecycle _life = null!;
    private RunReminder? _reminder;
    private Task _work = Task.CompletedTask;
    private IGrainTimer? _asking;

    // Whether the work looks for nothing new any more, and only leaves what it has.
    private bool _isLeaving;

    private string Name => this.GetPrimaryKeyString();

    private bool AtWork => !_work.IsCompleted;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _run = new StoredRun(store, Name, cluster.ClusterId, time, logger) { Holder = cluster.Holder };
        _placement = new RunPlacement(_run, GrainContext.Address.SiloAddress?.ToParsableString(), GrainFactory, cluster, time, logger);
        _events = new RunEvents(_run, () => AtWork, time);
        _life = new RunLifecycle(_run, _placement, _events, reach, options, time, logger);
        _reminder = cluster.ClusterId is null ? null : new RunReminder(this, Name, logger);
        return base.OnActivateAsync(cancellationToken);
    }

    public Task Start() => OrElsewhere(_calls.Do(StartInTurn));

    public Task StartIfNew() => OrElsewhere(_calls.Do(async () =>
    {
        var head = await _run.ReadHead();
        if (head is null || head.IsActive || head.State is null or RunHeadStates.Queued) await StartInTurn();
    }));

    private async Task StartInTurn()
    {
        if (AtWork && !_isLeaving && (await _run.ReadHead())?.State == RunHeadStates.Queued)
        {
            _run.IsAnew = true;
            _life.Ask(_life.Wish);
        }

        if (AtWork && !_isLeaving) return;
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _life.Forget();
        localRuns.Add(Name);
        try
        {
            await BeginWork();
        }
        catch
        {
            // Else it would count as worked on here, and its lease be renewed for nobody.
            localRuns.Remove(Name);
            throw;
        }
    }

    private async Task BeginWork()
    {
        if (_reminder is not null) await _reminder.Register();
        var head = await _run.ReadHead();
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
            try
            {
                await _run.Queue(since);
            }
            catch (RunEndedException)
            {
                await Forget();
                throw;
            }
        }

        // Its reminder wakes it on a silo that stays.
        if (localRuns.AreLeaving)
        {
            localRuns.Remove(Name);
            MigrateOnIdle();
            return;
        }

        _placement.Silos.Begin(since, trains: head?.State == RunHeadStates.Running);
        _asking ??= this.RegisterGrainTimer(
            AskAgain, new GrainTimerCreationOptions { DueTime = RunSilos.AskPeriod, Period = RunSilos.AskPeriod, Interleave = true });

        // Goes on in this grain's turns after the call has returned.
        DelayDeactivation(TimeSpan.FromDays(365));
        localRuns.Add(Name);
        _life.Begin();
        _isLeaving = false;
        _work = Work();
    }

    public async Task<string?> Resume(IReadOnlyList<string> leaving)
    {
        foreach (var silo in leaving) _life.Leave(silo);
        if (AtWork) return null;
        var resuming = _calls.Do(() => ResumeInTurn(leaving));
        await OrElsewhere(resuming);
        return await resuming;
    }

    private async Task<string?> ResumeInTurn(IReadOnlyList<string> leaving)
    {
        // A run that only people can restart may not have been able to note that in the store.
        if (AtWork || _life.Phase is RunPhase.Ended { State: RunState.Paused, Reason: not null, IsStored: false }) return null;
        if (_life.Phase is RunPhase.Ended { IsUnstoredStop: true } stop)
        {
            if (await _run.Stop(stop.State, CancellationToken.None) is { } ended) End(ended);
            return null;
        }

        if (localRuns.AreLeaving)
        {
            MigrateOnIdle();
            return GrainContext.Address.SiloAddress!.ToParsableString();
        }

        var head = await _run.ReadHead();

        // A caller that names silos that are leaving has let go of the run in good order.
        _run.IsLetGo |= leaving.Count > 0;

        // To see whether somebody else has it takes seconds, in which it may have been paused there.
        if (IsToGoOn(head) && !await _run.IsHeld() && IsToGoOn(await _run.ReadHead())) await StartInTurn();
        else await Forget();
        return null;

        bool IsToGoOn(RunHead? stored) => stored?.IsActive == true && stored.Cluster == cluster.ClusterId;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Resume([]);

    public Task Pause() => _calls.Do(() => Stop(RunWish.Pause));

    public Task Cancel() => _calls.Do(() => Stop(RunWish.Cancel));

    public async Task HandOver()
    {
        // The silo that this grain is on asks for this because it is leaving; this activation will not be told again.
        _placement.NoteLeaving(GrainContext.Address.SiloAddress!.ToParsableString());
        await _calls.Do(() =>
        {
            _life.Ask(RunWish.HandOver);
            return _work;
        });

        // In the directory there is a place for the run at any time, so no late call that knows its old one can wake it there.
        MigrateOnIdle();
    }

    public async Task Drain(string silo, CancellationToken cancellationToken)
    {
        if (_life.Leave(silo)) _placement.NoteLeaving(silo);
        await _placement.WaitUntilFree(silo, () => AtWork, cancellationToken);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _life.Break();
        await _work.WaitAsync(cancellationToken).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (!AtWork) _life.Dispose();
        localRuns.Remove(Name);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    private async Task Work()
    {
        var ended = await _life.Run();
        while (_run.IsAnew && !_life.IsBroken) ended = await _life.Run();
        _isLeaving = true;

        // One that was broken off goes on: when this silo has gone, its reminder wakes it on another.
        var goesOn = ended.State == RunState.Running || (_life.IsBroken && !ended.IsStored);
        if (!goesOn && !ended.IsElsewhere)
        {
            await Forget();
            await _placement.Silos.LeaveQueue();
        }

        End(ended);

        // Who follows it in a single process hears only here that it has ended.
        if (ended.IsElsewhere && cluster.ClusterId is not null) await Leave(goesOn);
    }

    private async Task Stop(RunWish wish)
    {
        if (AtWork)
        {
            _life.Ask(wish);
            await _work;
            if (_life.Phase is not RunPhase.Ended was || !was.LeavesOpen(wish, isAlone: cluster.ClusterId is null)) return;
        }

        // Nobody works on it here, so only the store has to know. That it failed may not have been stored.
        if (wish == RunWish.Pause && _life.Phase is RunPhase.Ended { State: RunState.Failed, IsStored: false, IsElsewhere: false })
            throw new RunEndedException(Name, RunState.Failed, _life.Step ?? _run.ManifestStep, "paused");
        var state = wish == RunWish.Cancel ? RunState.Cancelled : RunState.Paused;
        if (await _run.Stop(state, CancellationToken.None) is { } ended) End(ended);
    }

    private void End(RunPhase.Ended ended)
    {
        localRuns.Remove(Name);
        _life.End(ended);
        _asking?.Dispose();
        _asking = null;

        // What the store says of the run is read again when somebody asks.
        if (ended.IsStored) DelayDeactivation(TimeSpan.Zero);
    }

    // Loads and recoveries may take long, and the queue gives the silos of a run that it does not hear of to others.
    private Task AskAgain(CancellationToken cancellationToken) =>
        AtWork && !_isLeaving && _placement.Silos.Trains ? _placement.Ask() : Task.CompletedTask;

    private Task Forget() => _reminder?.Forget() ?? Task.CompletedTask;
}
