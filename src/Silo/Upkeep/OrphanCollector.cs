using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Deletes what dead processes had written for manifests that never came. Runs in every process that trains: soon after its
/// start, because on spot machines none lives long, and then once a day.
/// </summary>
internal sealed partial class OrphanCollector(IBlobStore store, TimeProvider time, ILogger<OrphanCollector> logger) : BackgroundService
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_pause = TimeSpan.FromHours(1);

    // A model is uploaded before anything names it, and the upload may take hours.
    private static readonly TimeSpan s_age = TimeSpan.FromDays(1);

    private long? _collected;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (var wait = s_delay; ; wait = s_pause)
            {
                await Task.Delay(wait, time, stoppingToken);
                await TryCollectAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>Collects, unless that was already done within the last day.</summary>
    internal async Task CollectAsync(CancellationToken cancellationToken)
    {
        if (_collected is { } collected && time.GetElapsedTime(collected) < s_age) return;
        var report = await GarbageCollector.CollectAsync(store, s_age, time, cancellationToken);
        _collected = time.GetTimestamp();
        if (report.Deleted > 0) LogOrphans(report.Deleted, report.DeletedBytes);
    }

    private async Task TryCollectAsync(CancellationToken stoppingToken)
    {
        try
        {
            await CollectAsync(stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // Nothing depends on it, and the next hour tries again.
            LogFailed(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {Count} blobs of {Bytes} bytes that nothing names")]
    private partial void LogOrphans(int count, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Blobs that nothing names could not be deleted")]
    private partial void LogFailed(Exception exception);
}
