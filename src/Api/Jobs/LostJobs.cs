using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using LisaOrleans.Silo;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>
/// Pauses jobs whose process was killed, when another serves their store: without a cluster nobody goes on with them, and only what is
/// paused can be resumed.
/// </summary>
internal sealed partial class LostJobs(
    JobCatalog jobs, IBlobStore store, IGrainFactory grains, LocalRuns local, LeaseScope scope, TimeProvider time, ILogger<LostJobs> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A cluster wakes its runs.
        if (scope.Cluster is not null) return;
        using var timer = new PeriodicTimer(s_pause, time);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
                return;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Pauses those that are to go on, and that nobody works on.</summary>
    internal Task LookAsync(CancellationToken cancellationToken) =>
        HeldRuns.ForEachAsync(jobs.IdsAsync(cancellationToken), LookAtAsync, cancellationToken);

    private async ValueTask LookAtAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            if (await IsLostAsync(id, cancellationToken)) await grains.GetGrain<IRunGrain>(id).Pause().WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is RunEndedException or RunHeldException)
        {
            // It has ended, or somebody has begun to work on it.
        }
        catch (Exception e) when (e is InvalidDataFileException or DamagedBlobException)
        {
            LogDamaged(id, e.Message);
        }
    }

    private async Task<bool> IsLostAsync(string id, CancellationToken cancellationToken)
    {
        // One that is still to be imported is started after that.
        if (id == scope.Except || await jobs.Imports.FindAsync(id, cancellationToken) is not null) return false;
        if (await RunStore.ReadHeadAsync(store, id, cancellationToken) is not { IsActive: true, Cluster: null }) return false;
        return !await HeldRuns.IsHeldAsync(store, id, cancellationToken) && !local.Names.Contains(id);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for jobs that nobody works on any more failed")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Whether anybody works on job {Job} cannot be read: {Reason}")]
    private partial void LogDamaged(string job, string reason);
}
