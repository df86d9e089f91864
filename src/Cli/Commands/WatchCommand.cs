using LisaOrleans.Client;
using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary><c>lisa watch RUN</c>: follows a run to its end, whatever silos die meanwhile. Each step is shown once.</summary>
internal static class WatchCommand
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    public static async Task<int> Run(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        await using var cluster = await ClusterConnection.Open(values, cancellationToken);
        await RunTable.Require(cluster.Run(run!), run!);
        using IRunReporter reporter = values.Text(KnownSettings.LogFormat) switch
        {
            "json" => new JsonReporter(Console.Out),
            "plain" => new PlainReporter(Console.Out),
            _ => Console.IsOutputRedirected ? new PlainReporter(Console.Out) : new LiveReporter(AnsiConsole.Console),
        };
        return await Follow(cluster, run!, reporter, cancellationToken);
    }

    private static async Task<int> Follow(LisaConnection cluster, string run, IRunReporter reporter, CancellationToken cancellationToken)
    {
        var (seen, started) = (0L, false);
        var heard = TimeProvider.System.GetTimestamp();
        var recent = new Queue<double>();
        var said = RunState.Running;
        while (true)
        {
            RunUpdate update;
            try
            {
                update = await cluster.Run(run).GetUpdate(seen);
                heard = TimeProvider.System.GetTimestamp();
            }
            catch (Exception e) when (e is not OperationCanceledException && TimeProvider.System.GetElapsedTime(heard) < s_patience)
            {
                // The silo that answered is gone; another will know.
                await Task.Delay(s_pause, cancellationToken);
                continue;
            }

            var status = update.Status;
            foreach (var step in update.Steps)
            {
                if (!started) reporter.Started(new RunStarted(0, status.TotalSteps, status.Generation), status.LayerCount);
                started = true;
                recent.Enqueue(step.Seconds);
                if (recent.Count > 20) recent.Dequeue();
                reporter.Happened(new StepCompleted(step), recent.Average() * (status.TotalSteps - step.Step));
                seen = step.Step;
            }

            if (update.Steps.Count > 0 && seen < status.Step) continue;
            switch (status.State)
            {
                case RunState.Succeeded when seen >= status.TotalSteps:
                    reporter.Say($"run '{run}' is complete: {status.TotalSteps} steps, {status.Recoveries} recoveries");
                    return ExitCodes.Done;
                case RunState.Failed:
                    ErrorReport.Write($"run '{run}' failed after step {status.Step}: {status.Error}");
                    return ExitCodes.Failed;
                case RunState.Cancelled:
                    reporter.Say($"run '{run}' was cancelled after step {status.Step}");
                    return ExitCodes.Cancelled;
                case RunState.Paused or RunState.Recovering when said != status.State:
                    reporter.Say($"run '{run}' is {status.State.ToString().ToLowerInvariant()} at step {status.Step}");
                    break;
            }

            said = status.State;
            await Task.Delay(s_pause, cancellationToken);
        }
    }
}
