using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>Records the end of jobs that nobody asks about, so that the files with their metrics are made anyway.</summary>
internal sealed partial class JobFinisher(JobCatalog jobs, JobReader reader, TimeProvider time, ILogger<JobFinisher> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    private readonly HashSet<string> _over = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(e);
            }
        }
    }

    /// <summary>Checks every job that is not known to be over.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        await foreach (var id in jobs.IdsAsync(cancellationToken))
        {
            try
            {
                if (_over.Contains(id) || await jobs.FindAsync(id, cancellationToken) is not { } job) continue;
                if (job is { Phase: JobPhases.Imported, Outcome: null }) (job, _) = await reader.ReadAsync(job, cancellationToken);
                if (job.Outcome is not null || job.Phase is JobPhases.Failed or JobPhases.Cancelled) _over.Add(id);
            }
            catch (Exception e) when (e is InvalidDataFileException or DamagedBlobException)
            {
                // The end of the other jobs is recorded all the same.
                LogDamaged(id, e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for jobs that have ended failed")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Whether job {Job} has ended cannot be read: {Reason}")]
    private partial void LogDamaged(string job, string reason);
}
