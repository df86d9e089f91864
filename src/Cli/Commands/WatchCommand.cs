using LisaOrleans.Client;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa watch RUN</c>: follows a run to its end, whatever silos die meanwhile. Each step is shown once.</summary>
internal static class WatchCommand
{
    public static async Task<int> Run(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        await using var cluster = await ClusterConnection.OpenForRun(values, run, cancellationToken);
        var before = await cluster.GetAsync(run!, cancellationToken);
        using var reporter = Reporters.Create(values);
        var planned = await Follow(cluster, before, reporter, cancellationToken);
        var end = await cluster.GetAsync(run!, cancellationToken);
        switch (end.State)
        {
            case RunState.Succeeded:
                reporter.Say($"run '{run}' is complete: {RunText.Steps(end.TotalSteps, planned)}, {RunTable.Recoveries(end)}");
                return ExitCodes.Done;
            case RunState.Cancelled:
                reporter.Say($"run '{run}' was cancelled after step {end.Step}");
                return ExitCodes.Cancelled;
            default:
                ErrorReport.Write($"run '{run}' failed after step {end.Step}: {end.Error}");
                return ExitCodes.Failed;
        }
    }

    // Returns how many steps the run was to take.
    private static async Task<long> Follow(LisaClient cluster, RunStatus status, IRunReporter reporter, CancellationToken cancellationToken)
    {
        var (total, layers) = (status.TotalSteps, status.LayerCount);
        var isFirst = true;
        var pace = new StepPace();
        await foreach (var happened in cluster.WatchAsync(status.Run, null, cancellationToken))
        {
            if (isFirst)
            {
                // It may have been about to start, and not been read yet.
                if (layers == 0 && await cluster.GetAsync(status.Run, cancellationToken) is var known)
                    (total, layers) = (known.TotalSteps, known.LayerCount);
                reporter.Expect(total, layers);
                isFirst = false;
            }

            pace.Add(happened);
            switch (happened)
            {
                case RunStarted started:
                    if (layers == 0) layers = (await cluster.GetAsync(status.Run, cancellationToken)).LayerCount;
                    total = started.TotalSteps;
                    reporter.Started(started, layers);
                    break;
                case StepCompleted { Record: var step }:
                    reporter.Happened(happened, pace.Remaining(step.Step, total));
                    break;
                case RunEnded { State: RunState.Paused } ended:
                    reporter.Say(
                        $"run '{status.Run}' is paused after step "
                        + $"{ended.Step}{(ended.Error is null ? "" : $": {ended.Error}; then lisa resume continues it")}");
                    break;
                default:
                    reporter.Happened(happened, 0);
                    break;
            }
        }

        return total;
    }
}
