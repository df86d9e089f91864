using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>A job's checkpoints: the manifests that its run keeps, but for the one that it began with.</summary>
internal sealed class JobCheckpoints(IBlobStore store)
{
    /// <summary>A page, newest first unless the page says otherwise.</summary>
    public async Task<ApiList<CheckpointObject>> ListAsync(JobDocument job, RunStatus? run, ApiPage page, CancellationToken cancellationToken)
    {
        if (run is null || await RunManifests.FindAsync(store, run.Run, cancellationToken) is not { } manifests)
            return new ApiList<CheckpointObject> { Data = [] };
        var kept = manifests.Kept.Count > 0 ? manifests.Kept : [await LastAsync(manifests, cancellationToken)];
        var ordered = kept.Where(k => k.Step > 0);

        // While a job goes on, a checkpoint may have gone since the page that ended with it; its place is known by its step.
        if (StepOf(job, page.After) is { } after)
        {
            ordered = ordered.Where(k => page.Ascending ? k.Step > after : k.Step < after);
            page = page with { After = null };
        }

        var end = run.State == RunState.Succeeded ? manifests.Last : null;
        return page.Of([.. (page.Ascending ? ordered : ordered.Reverse()).Select(k => Describe(job, k, k.Manifest == end))], c => c.Id);
    }

    private static string IdOf(JobDocument job, long step) =>
        string.Create(CultureInfo.InvariantCulture, $"ftckpt-{job.Id[ApiIds.JobPrefix.Length..]}-{step}");

    // Null for what is no id of one of the job's checkpoints.
    private static long? StepOf(JobDocument job, string? id) =>
        id is not null && long.TryParse(id.AsSpan(id.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            && IdOf(job, step) == id
            ? step
            : null;

    private static CheckpointObject Describe(JobDocument job, KeptManifest kept, bool isEnd) => new()
    {
        Id = IdOf(job, kept.Step),
        CreatedAt = kept.Time.ToUnixTimeSeconds(),
        FineTuningJobId = job.Id,
        FineTunedModelCheckpoint = isEnd ? job.FineTunedModel : ModelIds.Checkpoint(job.FineTunedModel, kept.Step),
        StepNumber = kept.Step,
        Metrics = new CheckpointMetrics { Step = kept.Step, TrainLoss = kept.Loss, ValidLoss = kept.EvalLoss },
    };

    // A run that keeps only its last manifest has no list of them.
    private async Task<KeptManifest> LastAsync(RunManifests manifests, CancellationToken cancellationToken)
    {
        var manifest = await manifests.ReadAsync(manifests.Last, cancellationToken);
        var record = (await RunHistory.Read(store, manifest, cancellationToken)).Records.LastOrDefault();
        return new KeptManifest(manifest.Step, manifests.Last, 0, record?.Time ?? DateTimeOffset.UnixEpoch)
        {
            Loss = record?.Loss,
            EvalLoss = record?.EvalLoss,
        };
    }
}
