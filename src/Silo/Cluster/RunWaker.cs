using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Wakes the runs that this cluster was working on, from what the blob store says alone: needed where all silos died and
/// Redis, with its reminders, was lost too.
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
                await foreach (var run in RunStore.ListActiveRunsAsync(store, cluster.ClusterId, stoppingToken))
                    await grains.GetGrain<IRunGrain>(run).Resume([]);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The next round tries again; the reminders are the first line in any case.
                LogFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for runs to wake failed")]
    private partial void LogFailed(Exception exception);
}
