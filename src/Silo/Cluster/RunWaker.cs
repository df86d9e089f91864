using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Wakes the runs that this cluster was working on, going only by what the blob store says. Needed if all silos died and the
/// membership was lost too, together with the reminders; and sooner than reminders where a silo with a run's grain has died.
/// </summary>
internal sealed partial class RunWaker(
    IBlobStore store, IClusterView cluster, IClusterMembershipService membership, ILocalSiloDetails silo, IGrainFactory grains,
    ILogger<RunWaker> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(WakeEachPeriodAsync(stoppingToken), WakeAfterEachDeathAsync(stoppingToken));

    private async Task WakeEachPeriodAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period);
        do await WakeAllAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task WakeAfterEachDeathAsync(CancellationToken stoppingToken)
    {
        try
        {
            var losses = new LostSilos();
            await foreach (var now in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                var lost = losses.Next(now);
                var first = now.Members.Values.Where(m => m.Status == SiloStatus.Active).Select(m => m.SiloAddress).Min();

                // One silo is enough. If it is dying, too, its own death wakes the next one, or reminders do.
                if (lost.Count == 0 || !silo.SiloAddress.Equals(first)) continue;
                LogLost(string.Join(", ", lost.Select(s => s.ToParsableString())));
                await WakeAllAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // The silo has ended before its host, as when the host failed to start.
        }
    }

    private async Task WakeAllAsync(CancellationToken stoppingToken)
    {
        try
        {
            var active = ActiveRuns.ListAsync(store, cluster.ClusterId, e => LogDamaged(e.Message), stoppingToken);
            await HeldRuns.ForEachAsync(active.Select(h => h.Run), async (run, token) => await WakeAsync(run, token), stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // The next round tries again, and reminders wake runs, too.
            LogFailed(e);
        }
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

    [LoggerMessage(Level = LogLevel.Information, Message = "{Silos} died or left: waking the runs that were led from there")]
    private partial void LogLost(string silos);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A run of the store cannot be woken: {Reason}")]
    private partial void LogDamaged(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} could not be woken; the next round tries again")]
    private partial void LogNotWoken(Exception exception, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for runs to wake failed")]
    private partial void LogFailed(Exception exception);
}
