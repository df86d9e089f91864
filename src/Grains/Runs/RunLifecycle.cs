using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// Takes a run through its life: generation after generation, until it is done, is told to stop, or fails for good. Its states
/// are those of <see cref="RunPhase"/>; what is done about failures is up to the <see cref="FailurePolicy"/>. Used within one
/// grain's turns.
/// </summary>
internal sealed partial class RunLifecycle(
    StoredRun run, RunPlacement placement, RunEvents events, StoreReach reach, RunOptions options, TimeProvider time, ILogger logger)
    : IDisposable
{
    private static readonly TimeSpan s_settlePatience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _life = new();
    private readonly ReplacedBlobs _replaced = new(run.Store, options.CollectPeriod, time, e => RunLog.NotCollected(logger, e, run.Name));
    private RunGeneration? _generation;
    private double _stallBefore;

    /// <summary>Where it is in its life.</summary>
    public RunPhase Phase { get; private set; } = new RunPhase.Queued();

    /// <summary>What is wanted of it.</summary>
    public RunWish Wish { get; private set; }

    /// <summary>Whether the work was broken off because the activation ends.</summary>
    public bool IsBroken => _life.IsCancellationRequested;

    /// <summary>The last committed step; null if it is the last manifest's.</summary>
    public long? Step => _generation?.Step;

    private long LastStep => Step ?? run.ManifestStep;

    /// <summary>Bytes that the last manifest wrote.</summary>
    public long ManifestBytes => _generation?.Manifests.LastBytes ?? 0;

    /// <summary>How long training paused for manifests.</summary>
    public double StallSeconds => _stallBefore + (_generation?.Manifests.Stalled.TotalSeconds ?? 0);

    /// <summary>Forgets what was wanted of it before: that is done.</summary>
    public void Forget() => Wish = RunWish.Train;

    /// <summary>Begins a new life.</summary>
    public void Begin()
    {
        Phase = placement.Silos.Trains ? new RunPhase.Starting() : new RunPhase.Queued();
        events.Open();
    }

    /// <summary>Says what is wanted of the run. Work that commits nothing is broken off for this.</summary>
    public void Ask(RunWish wish)
    {
        if (wish > Wish) Wish = wish;
        _generation?.Notice.Give();
    }

    /// <summary>A silo is about to leave. Returns whether that is news.</summary>
    public bool Leave(string silo)
    {
        var news = placement.Silos.Leave([silo]);
        if (placement.Uses(silo)) _generation?.Notice.Give();
        return news;
    }

    /// <summary>Goes on until the run ends here, and tells the store how.</summary>
    public async Task<RunPhase.Ended> Run()
    {
        // Traces of steps are their own, not a part of the call that once started the run.
        Activity.Current = null;
        using var scope = logger.BeginScope("run {Run}", run.Name);
        run.Begin();
        var judge = new FailureJudge(options.Failures, time);
        while (true)
        {
            Exception failure;
            try
            {
                if (await TrainOnce(_life.Token) is { } ended) return await End(ended, null);
                judge.Succeeded();
                continue;
            }
            catch (OperationCanceledException) when (_life.IsCancellationRequested)
            {
                return new RunPhase.Ended(RunState.Paused, null, IsStored: false);
            }
            catch (Exception e)
            {
                failure = await RunBlobs.NameAsync(run.Store, run.Name, e, _life.Token);
            }

            var decision = judge.Decide(failure, LastStep, _generation?.Began ?? run.ManifestStep);
            if (await Obey(decision, failure) is { } end) return end;
            await Task.Delay(decision.Pause, time, _life.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <summary>Ends the run's life here.</summary>
    public void End(RunPhase.Ended ended)
    {
        Phase = ended;
        RunTelemetry.Forget(run.Name);
        if (ended is { Reason: not null, IsElsewhere: false, State: RunState.Paused or RunState.Failed }) RunTelemetry.Stopped(ended.State);
        placement.Clear();
        events.Close();
    }

    /// <summary>Breaks the work off because the process or the activation ends; the run does not end.</summary>
    public Task Break() => Task.WhenAll(_life.CancelAsync(), _replaced.End(TimeSpan.Zero));

    /// <inheritdoc/>
    public void Dispose()
    {
        _generation?.Dispose();
        _life.Dispose();
    }

    private async Task<RunPhase.Ended> End(RunState state, string? reason)
    {
        if (state != RunState.Running) return await run.End(state, LastStep, reason, _life.Token);
        await run.LetGo(_life.Token);
        return new RunPhase.Ended(state, reason, IsStored: true);
    }

    /// <summary>Trains from the last manifest under a new generation; null if the next generation is to begin at once.</summary>
    private async Task<RunState?> TrainOnce(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        placement.Clear();

        // Silos first: while there are none, no generation is used up.
        await run.BeginAnew();
        await ReadPlan(cancellationToken);
        if (Wish == RunWish.Train) await placement.Ask();
        if (!placement.HasSilos && Wish == RunWish.Train && run.Plan is not null) throw new QueuedException();

        // Taken, it would count as one that trains, and pass those that wait with it.
        if (Wish == RunWish.HandOver && (!placement.Silos.Trains || Phase is RunPhase.Waiting)) return RunState.Running;
        placement.Silos.BeginTraining();
        if (Phase is RunPhase.Queued) Phase = new RunPhase.Starting();
        var (session, wasLost) = await run.Take(cancellationToken);
        run.NoteStart(wasLost);
        Retire();
        if (session.Manifest!.Completed || Wish != RunWish.Train) return await EndGeneration(session.Manifest.Completed);

        // If there is no room, the run waits; that is not a recovery.
        run.IsLetGo = true;
        var stages = placement.Plan();
        run.IsLetGo = false;
        if (Phase is RunPhase.Waiting) Phase = new RunPhase.Starting();
        using var scope = logger.BeginScope("generation {Generation}", session.Generation);
        var generation = new RunGeneration(run, session, placement, events.Feed, stages, _replaced, options, time, () => Interruption(stages), logger);
        _generation = generation;
        return await Train(generation, cancellationToken);
    }

    private async Task ReadPlan(CancellationToken cancellationToken)
    {
        try
        {
            await run.ReadPlan(cancellationToken);
        }
        catch (Exception e) when (options.Failures.ActionFor(e) == FailureAction.Fail)
        {
            // Only whoever owns the run can store that it fails for this.
        }
    }

    private async Task<RunState?> Train(RunGeneration generation, CancellationToken cancellationToken)
    {
        LoopOutcome outcome;
        if (await generation.Load(cancellationToken))
        {
            Phase = new RunPhase.Training();
            events.Feed.Signal();
            outcome = await generation.Train(cancellationToken);
        }
        else
        {
            outcome = Interruption(generation.Stages) ?? LoopOutcome.Replan;
        }

        if (outcome == LoopOutcome.Replan)
        {
            placement.Moving();
            run.IsLetGo = true;
            return null;
        }

        return await EndGeneration(outcome == LoopOutcome.Completed);
    }

    private async Task<RunState> EndGeneration(bool completed)
    {
        // If the run goes on at once on another silo, the parts stay loaded for its next generation.
        if (completed || Wish != RunWish.HandOver || !placement.CanMoveAway) await Release();
        if (completed) await _replaced.End(options.CollectPatience);
        return completed ? RunState.Succeeded : Wish == RunWish.Train ? RunState.Paused : Wish.ToState();
    }

    // Keeps what is still asked about the generation that is over.
    private void Retire()
    {
        _stallBefore = StallSeconds;
        _generation?.Dispose();
        _generation = null;
    }

    private LoopOutcome? Interruption(StagePlan current) => Wish != RunWish.Train || Step >= options.LastStep
        ? LoopOutcome.Stopped
        : run.IsAnew || placement.ShouldMove(current) ? LoopOutcome.Replan : null;
}
