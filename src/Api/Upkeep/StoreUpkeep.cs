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
        // Heads first, because blobs that they name would not be collected; and a damaged one keeps all collections from deleting anything.
        var deleted = await DeleteHeadsAsync(cancellationToken);
        await idempotency.CollectAsync(LogDamaged, cancellationToken);
        await files.CollectAsync(minimumAge, cancellationToken);
        await CollectRunsAsync(deleted, minimumAge, cancellationToken);
    }

    private async Task<IReadOnlyList<(string Job, IReadOnlyList<string> Blobs)>> DeleteHeadsAsync(CancellationToken cancellationToken)
    {
        var deleted = new List<(string Job, IReadOnlyList<string> Blobs)>();
        foreach (var job in (await jobs.ListAsync(cancellationToken)).Where(j => j.ModelDeleted && !j.RunDeleted))
        {
            try
            {
                deleted.Add((job.Id, await DeleteHeadAsync(job, cancellationToken)));
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotDeleted(e, job.Id);
            }
        }

        return deleted;
    }

    // A run is completely gone only when the blobs are that nothing else names.
    private async Task CollectRunsAsync(
        IReadOnlyList<(string Job, IReadOnlyList<string> Blobs)> deleted, TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        if (deleted.Count == 0) return;
        var report = await GarbageCollector.CollectAsync(
            store, deleted.SelectMany(d => d.Blobs).ToHashSet(), minimumAge, time, cancellationToken);
        var spared = report.Spared.Select(b => b.Sha256).ToHashSet();
        foreach (var (job, blobs) in deleted)
        {
            string[] left = [.. blobs.Where(spared.Contains)];
            await jobs.UpdateAsync(job, j => j with { DeletedBlobs = left, RunDeleted = left.Length == 0 }, cancellationToken);
        }
    }

    // What a damaged run names may not be known in full: the rest goes as any blob does that nothing names.
    private async Task<IReadOnlyList<string>> DeleteHeadAsync(JobDocument job, CancellationToken cancellationToken)
    {
        if (await RunContents.ReadAsync(store, job.Id, cancellationToken) is not { } run) return job.DeletedBlobs;
        string[] blobs = [.. job.DeletedBlobs.Union(run.Blobs.Select(b => b.Blob.Sha256))];
        await jobs.UpdateAsync(job.Id, j => j with { DeletedBlobs = blobs }, cancellationToken);
        await RunStore.DeleteAsync(store, job.Id, cancellationToken);
        return blobs;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer of a request with an Idempotency-Key cannot be read, and stays")]
    private partial void LogDamaged(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The run of the deleted model of job {Job} cannot be deleted yet")]
    private partial void LogNotDeleted(Exception exception, string job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cleaning up the store failed")]
    private partial void LogFailed(Exception exception);
}
