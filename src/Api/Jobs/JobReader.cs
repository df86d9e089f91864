using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>Reads the state of a job from its document, and from its run if there is one.</summary>
internal sealed class JobReader(IGrainFactory grains, IBlobStore store, JobCatalog jobs, JobResults results)
{
    /// <summary>
    /// A job with its run's status; null if there is no run, or one that was damaged since it ended. An end that cannot change any
    /// more is written into the document.
    /// </summary>
    public async Task<(JobDocument Job, RunStatus? Run)> ReadAsync(JobDocument job, CancellationToken cancellationToken)
    {
        // The run of a deleted model is gone, and with it everything except the outcome.
        if (job.Phase != JobPhases.Imported || (job.Outcome is not null && job.ModelDeleted)) return (job, null);
        RunStatus run;
        try
        {
            run = await grains.GetGrain<IRunGrain>(job.Id).GetStatus().WaitAsync(cancellationToken);
        }
        catch (Exception e) when (job.Outcome is not null && e is (InvalidDataFileException or DamagedBlobException))
        {
            return (job, null);
        }

        if (job.Outcome is not null || run.State is not (RunState.Succeeded or RunState.Cancelled)) return (job, run);
        var finished = await EndedAsync(run, cancellationToken);
        var steps = await RunExporter.ReadHistoryAsync(store, job.Id, cancellationToken);
        var tokens = run.State == RunState.Succeeded ? steps.Sum(s => s.Tokens) : (long?)null;
        var outcome = new JobOutcome(
            JobStatuses.Of(run.State), finished, tokens, await results.AddAsync(job.Id, steps, finished, cancellationToken));
        return (await jobs.UpdateAsync(job.Id, j => j.Outcome is null ? j with { Outcome = outcome } : null, cancellationToken) ?? job, run);
    }

    /// <summary>OpenAI's object of a job. One whose run is damaged has failed, with the damage as its error.</summary>
    public async Task<JobObject> DescribeAsync(JobDocument document, CancellationToken cancellationToken)
    {
        try
        {
            var (job, run) = await ReadAsync(document, cancellationToken);
            var failed = job.Outcome is null && StatusOf(job, run) == JobStatuses.Failed && run is not null;
            return Describe(job, run, failed ? await EndedAsync(run!, cancellationToken) : null);
        }
        catch (Exception e) when (e is InvalidDataFileException or DamagedBlobException)
        {
            return Describe(document with { Phase = JobPhases.Failed, Error = new JobError("damaged", e.Message, null) }, null, null);
        }
    }

    private static JobObject Describe(JobDocument job, RunStatus? run, DateTimeOffset? failed)
    {
        var status = StatusOf(job, run);
        var finished = (job.Outcome?.FinishedAt ?? failed)?.ToUnixTimeSeconds();
        if (finished is null && run is null && JobStatuses.IsEnd(status))
            finished = (job.Log.LastOrDefault()?.At ?? job.CreatedAt).ToUnixTimeSeconds();
        return new JobObject
        {
            Id = job.Id,
            CreatedAt = job.CreatedAt.ToUnixTimeSeconds(),
            FinishedAt = finished,
            Model = job.Model,
            FineTunedModel = status == JobStatuses.Succeeded ? job.FineTunedModel : null,
            Status = status,
            Hyperparameters = JobSettings.Supervised(job.Spec),
            Method = JobSettings.Method(job),
            MethodDescription = Methods.Describe(job.Spec),
            TrainingFile = job.TrainingFile.Id,
            ValidationFile = job.ValidationFile?.Id,
            ResultFiles = job.Outcome?.ResultFile is { } file ? [file] : [],
            TrainedTokens = job.Outcome?.TrainedTokens,
            Error = job.Error ?? (status == JobStatuses.Failed && run?.Error is { } reason ? new JobError("training_failed", reason, null) : null),
            Seed = job.Spec.Seed,
            UserProvidedSuffix = job.Suffix,
            Metadata = job.Metadata,
            Progress = run is null ? null : new JobProgress(run.Step, run.TotalSteps, run.Loss, run.ManifestStep, run.Recoveries, run.QueuePosition),
            Data = job.Data,
        };
    }

    /// <summary>OpenAI's status.</summary>
    public static string StatusOf(JobDocument job, RunStatus? run) => job.Outcome?.Status ?? job.Phase switch
    {
        JobPhases.Imported => run is null ? JobStatuses.Queued : JobStatuses.Of(run.State),
        JobPhases.Failed => JobStatuses.Failed,
        JobPhases.Cancelled => JobStatuses.Cancelled,
        _ => JobStatuses.ValidatingFiles,
    };

    private async Task<DateTimeOffset> EndedAsync(RunStatus run, CancellationToken cancellationToken)
    {
        var last = await grains.GetGrain<IRunGrain>(run.Run)
            .GetEvents(run.Position with { Entry = Math.Max(0, run.Position.Entry - 1) }, 1).WaitAsync(cancellationToken);
        return last is [{ } ended] ? ended.Time : DateTimeOffset.UtcNow;
    }
}
