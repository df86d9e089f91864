namespace LisaOrleans.Api;

/// <summary>Cancels, pauses and resumes jobs.</summary>
internal sealed class JobControl(JobCatalog jobs, JobReader reader, IGrainFactory grains, TimeProvider time)
{
    /// <summary>Stops a job for good, after its step.</summary>
    /// <param name="id">The job.</param>
    /// <param name="again">Whether that may have been done already, by a request that could not answer.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ApiException">The job has ended, or there is none.</exception>
    public async Task<JobObject> CancelAsync(string id, bool again, CancellationToken cancellationToken)
    {
        var job = await jobs.GetAsync(id, cancellationToken);
        if (job.Phase == JobPhases.Validating)
        {
            job = await jobs.UpdateAsync(id, j => j.Phase == JobPhases.Validating ? Cancelled(j) : null, cancellationToken) ?? job;
            if (job.Phase == JobPhases.Cancelled) return await reader.DescribeAsync(job, cancellationToken);
        }

        return await StopAsync(
            job, "cancel", r => r.Cancel(), s => !JobStatuses.IsEnd(s), s => again && s == JobStatuses.Cancelled, cancellationToken);
    }

    /// <summary>Stops a job after its step, until it is resumed.</summary>
    /// <param name="id">The job.</param>
    /// <param name="again">Whether that may have been done already, by a request that could not answer.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ApiException">The job is not queued or running, or there is none.</exception>
    public async Task<JobObject> PauseAsync(string id, bool again, CancellationToken cancellationToken) => await StopAsync(
        await jobs.GetAsync(id, cancellationToken), "pause", r => r.Pause(), s => s is JobStatuses.Queued or JobStatuses.Running,
        s => again && s == JobStatuses.Paused, cancellationToken);

    /// <summary>Resumes a job that was paused or failed.</summary>
    /// <param name="id">The job.</param>
    /// <param name="again">Whether that may have been done already, by a request that could not answer.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ApiException">The job was neither, or there is none.</exception>
    public async Task<JobObject> ResumeAsync(string id, bool again, CancellationToken cancellationToken) => await StopAsync(
        await jobs.GetAsync(id, cancellationToken), "resume", r => r.Start(), s => s is JobStatuses.Paused or JobStatuses.Failed,
        s => again && s is (JobStatuses.Queued or JobStatuses.Running or JobStatuses.Succeeded), cancellationToken);

    private async Task<JobObject> StopAsync(
        JobDocument job, string what, Func<IRunGrain, Task> action, Func<string, bool> allowed, Func<string, bool> done,
        CancellationToken cancellationToken)
    {
        (job, var run) = await reader.ReadAsync(job, cancellationToken);
        var status = JobReader.StatusOf(job, run);
        if (done(status)) return await reader.DescribeAsync(job, cancellationToken);
        if (run is null || !allowed(status))
            throw Refused(what, job.Id, status);
        try
        {
            await action(grains.GetGrain<IRunGrain>(job.Id)).WaitAsync(cancellationToken);
        }
        catch (RunEndedException e)
        {
            throw Refused(what, job.Id, JobStatuses.Of(e.State));
        }

        return await reader.DescribeAsync(job, cancellationToken);
    }

    private static ApiException Refused(string what, string id, string status) =>
        ApiException.Invalid($"Cannot {what} job {id}: it is {status}.", "fine_tune_id", "invalid_job_status");

    private JobDocument Cancelled(JobDocument job) => job with
    {
        Phase = JobPhases.Cancelled,
        Manifest = null,
        TrainingFile = job.TrainingFile with { Sha256 = null },
        ValidationFile = job.ValidationFile is { } file ? file with { Sha256 = null } : null,
        Log = [.. job.Log, new JobLogEntry(time.GetUtcNow(), "info", "The job was cancelled before it began")],
    };
}
