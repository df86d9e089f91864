using System.Runtime.CompilerServices;

namespace LisaOrleans.Cli;

/// <summary>The run that <c>lisa train</c> trains: shown and logged until it ends, or the process is to.</summary>
/// <param name="name">Its name.</param>
/// <param name="run">Its grain, on a silo of this process.</param>
/// <param name="isServed">Whether that silo has a server, by which the run can be paused, resumed and cancelled.</param>
/// <param name="reporter">Shows it.</param>
/// <param name="logs">Its logs.</param>
/// <param name="interrupted">Completed when the process is to end: the run is paused then.</param>
internal sealed class TrainedRun(
    string name, IRunGrain run, bool isServed, IRunReporter reporter, RunLogs logs, TaskCompletionSource interrupted)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // Whether it is paused over the server.
    private bool _isPaused;

    /// <summary>Starts it, and returns when it has ended. One that is paused over the server has not: it may be resumed there.</summary>
    /// <param name="totalSteps">The steps that it is to take.</param>
    /// <param name="lost">Cancelled when somebody else has taken it.</param>
    public async Task<TrainingEnd> TrainAsync(long totalSteps, CancellationToken lost)
    {
        var status = await run.GetStatus();
        await run.Start();
        var over = new TaskCompletionSource();
        var pausing = InterruptedRun.PauseAsync(run, over.Task, interrupted.Task);
        await foreach (var happened in WatchAsync(status.Position, lost))
        {
            if (happened is RunStarted started) Start(started, status.LayerCount);

            // If there is no room for the logs, there is none for the model.
            if (!logs.TryAppend(happened)) interrupted.TrySetResult();
            reporter.Happened(happened, happened is StepCompleted step ? logs.Pace.Remaining(step.Record.Step, totalSteps) : 0);
            if (happened is not RunEnded ended || IsPausedOverServer(ended)) continue;
            over.SetResult();
            return End(ended.State, ended.Step, ended.Error, await pausing);
        }

        // It was paused before the process was to end; or it ended before it could say so, as its journal could not be read.
        var untold = _isPaused ? await pausing : null;
        var end = await run.GetStatus();
        if (!_isPaused && end.State != RunState.Failed)
            throw new InvalidOperationException("the run's events ended before the run did");
        return End(end.State, end.Step, end.Error, untold);
    }

    private void Start(RunStarted started, int layerCount)
    {
        reporter.Started(started, layerCount);
        if (_isPaused) reporter.Say($"run '{name}' is resumed after step {started.FromStep}");
        _isPaused = false;
    }

    private bool IsPausedOverServer(RunEnded ended)
    {
        if (!isServed || ended is not { State: RunState.Paused, Error: null } || interrupted.Task.IsCompleted) return false;
        _isPaused = true;
        reporter.Say(
            $"run '{name}' is paused after step {ended.Step}, from the dashboard or over HTTP; resume it there, or end this process with "
            + "Ctrl-C: the same command then resumes");
        return true;
    }

    private async IAsyncEnumerable<TrainingEvent> WatchAsync(EventPosition after, [EnumeratorCancellation] CancellationToken lost)
    {
        do
        {
            await foreach (var happened in run.Watch(after, lost))
            {
                after = happened.Position;
                yield return happened;
            }
        }
        while (_isPaused && await HasMoreAsync(after, lost));
    }

    // False when the process is to end before anything more has happened.
    private async Task<bool> HasMoreAsync(EventPosition after, CancellationToken lost)
    {
        while (!interrupted.Task.IsCompleted)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(lost);
            var more = run.WaitForEvents(after, 1, s_patience, enough.Token);
            if (await Task.WhenAny(more, interrupted.Task) == more)
            {
                if ((await more).Count > 0) return true;
                continue;
            }

            await enough.CancelAsync();
            await ((Task)more).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return false;
    }

    private TrainingEnd End(RunState state, long step, string? error, string? untold)
    {
        error ??= state == RunState.Paused ? logs.Refusal?.Message ?? untold : null;
        return new TrainingEnd(state, step, error is null ? null : state == RunState.Paused
            ? $"run '{name}' is paused, and its manifest of step {step} holds: {error}; then the same command continues"
            : $"run '{name}' failed after step {step}: {error}");
    }
}
