namespace LisaOrleans.Api;

/// <summary>A job's checkpoints, from its run's journal.</summary>
internal sealed class JobCheckpoints(IGrainFactory grains)
{
    private const int PageSize = 1000;

    /// <summary>A page, newest first unless the page says otherwise.</summary>
    public async Task<ApiList<CheckpointObject>> ListAsync(JobDocument job, RunStatus? run, ApiPage page, CancellationToken cancellationToken)
    {
        if (run is null) return new ApiList<CheckpointObject> { Data = [] };
        var source = grains.GetGrain<IRunGrain>(run.Run);
        var saved = new List<ManifestSaved>();
        for (var entry = 0L; entry < run.Position.Entry;)
        {
            // A position at the last step skips all steps, so that only entries of the journal come.
            var entries = await source.GetEvents(new EventPosition(run.Position.Step, entry), PageSize).WaitAsync(cancellationToken);
            if (entries.Count == 0) break;
            entry = entries[^1].Position.Entry;
            saved.AddRange(entries.OfType<ManifestSaved>());
        }

        // After a recovery, a step's manifest may be saved again, with the same bits.
        var distinct = saved.GroupBy(s => s.Step).Select(g => g.First());
        var ordered = (page.Ascending ? distinct.OrderBy(s => s.Step) : distinct.OrderByDescending(s => s.Step)).ToArray();
        var chosen = page.Of(ordered, s => IdOf(job, s.Step));
        return new ApiList<CheckpointObject>
        {
            Data = await Task.WhenAll(chosen.Data.Select(s => DescribeAsync(source, job, run, s, cancellationToken))),
            FirstId = chosen.FirstId,
            LastId = chosen.LastId,
            HasMore = chosen.HasMore,
        };
    }

    private static string IdOf(JobDocument job, long step) => $"ftckpt-{job.Id[ApiIds.JobPrefix.Length..]}-{step}";

    private static async Task<CheckpointObject> DescribeAsync(
        IRunGrain source, JobDocument job, RunStatus run, ManifestSaved saved, CancellationToken cancellationToken)
    {
        var record = saved.Step == 0 ? null
            : (await source.GetEvents(new EventPosition(saved.Step - 1, run.Position.Entry), 1)
                .WaitAsync(cancellationToken)).OfType<StepCompleted>().FirstOrDefault()?.Record;
        return new CheckpointObject
        {
            Id = IdOf(job, saved.Step),
            CreatedAt = saved.Time.ToUnixTimeSeconds(),
            FineTuningJobId = job.Id,
            FineTunedModelCheckpoint = saved.Step == run.TotalSteps ? job.FineTunedModel : $"{job.FineTunedModel}:ckpt-step-{saved.Step}",
            StepNumber = saved.Step,
            Metrics = new CheckpointMetrics { Step = saved.Step, TrainLoss = record?.Loss, ValidLoss = record?.EvalLoss },
        };
    }
}
