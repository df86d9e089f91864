using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Wakes the runs that this cluster was working on, going only by what the blob store says. Needed if all silos died and the
/// membership was lost too, together with the reminders.
/// </summary>
internal sealed partial class RunWaker(IBlobStore store, IClusterView cluster, IGrainFactory grains, ILogger<RunWaker> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period);
        do
        {
            try
            {
                await foreach (var head in ActiveRuns.ListAsync(store, cluster.ClusterId, e => LogDamaged(e.Message), stoppingToken))
                    await WakeAsync(head.Run, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The next round tries again; in any case, reminders are what wakes runs first.
                LogFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task WakeAsync(string run, CancellationToken stoppingToken)
    {
        try
        {
            await grains.GetGrain<IRunGrain>(run).Resume([]);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogNotWoken(e, run);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A run of the store cannot be woken: {Reason}")]
    private partial void LogDamaged(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} could not be woken; the next round tries again")]
    private partial void LogNotWoken(Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for runs to wake failed")]
    private partial void LogFailed(Exception exception);
}
