using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>
/// Removes from the store what was deleted through the API, and old answers that were kept for Idempotency-Keys.
/// </summary>
internal sealed partial class StoreUpkeep(
    FileCatalog files, JobCatalog jobs, Idempotency idempotency, IBlobStore store, TimeProvider time, ILogger<StoreUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(10);

    // A younger blob may just have been found by somebody who is about to name it.
    private static readonly TimeSpan s_age = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await CollectAsync(s_age, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(e);
            }
        }
    }

    internal async Task CollectAsync(TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        await files.CollectAsync(minimumAge, cancellationToken);
        await idempotency.CollectAsync(LogDamaged, cancellationToken);
        foreach (var job in (await jobs.ListAsync(cancellationToken)).Where(j => j.ModelDeleted && !j.RunDeleted))
            await DeleteRunAsync(job, minimumAge, cancellationToken);
    }

    // The head is deleted first, because blobs that it names would not be collected; the run is completely gone only when the
    // blobs are.
    private async Task DeleteRunAsync(JobDocument job, TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        var blobs = job.DeletedBlobs;
        if (await RunManifests.FindAsync(store, job.Id, cancellationToken) is { } manifests)
        {
            blobs = [.. await manifests.NamedAsync(cancellationToken)];
            await jobs.UpdateAsync(job.Id, j => j with { DeletedBlobs = blobs }, cancellationToken);
            await RunStore.DeleteAsync(store, job.Id, cancellationToken);
        }

        await GarbageCollector.CollectAsync(store, blobs.ToHashSet(), minimumAge, time, cancellationToken);
        var left = new List<string>();
        foreach (var sha256 in blobs)
            if (await store.ExistsAsync(sha256, cancellationToken)) left.Add(sha256);
        await jobs.UpdateAsync(job.Id, j => j with { DeletedBlobs = left, RunDeleted = left.Count == 0 }, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer of a request with an Idempotency-Key cannot be read, and stays")]
    private partial void LogDamaged(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cleaning up the store failed")]
    private partial void LogFailed(Exception exception);
}
