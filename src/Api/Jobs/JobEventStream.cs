using LisaOrleans.Checkpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>
/// A job's events as they happen, until its end. A reader that comes back with the last id, to any silo, gets every later event
/// once. A silo that leaves ends its streams without the last line, so that readers come back. If the run is damaged, an error ends the stream.
/// </summary>
internal sealed partial class JobEventStream(
    JobCatalog jobs, JobReader reader, IGrainFactory grains, TimeProvider time, IHostApplicationLifetime life, ILogger<JobEventStream> logger)
{
    private const int PageEvents = 500;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // A job that is being imported tells what happens in its document.
    private static readonly TimeSpan s_document = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);

    public async Task WriteAsync(HttpContext context, JobDocument job, JobStreamPosition position)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, life.ApplicationStopping);
        try
        {
            (job, var known) = await BeginAsync(job, over.Token);
            await using var stream = await ServerSentEvents.StartAsync(context.Response, time, over.Token);
            try
            {
                await WriteAsync(stream, job, known, position, over.Token);
                await stream.WriteDoneAsync();
            }
            catch (Exception e) when (IsDamage(e))
            {
                LogDamaged(e, job.Id);
                await stream.WriteAsync(null, ApiError.Of(new ApiException(StatusCodes.Status500InternalServerError, e.Message, "damaged")));
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The reader is gone, or should come back to another silo.
        }
    }

    private static bool IsDamage(Exception e) => e is DamagedBlobException or InvalidDataFileException;

    // As long as nothing is written, damage can be answered like any other error.
    private async Task<(JobDocument Job, RunStatus? Run)> BeginAsync(JobDocument job, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(job, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && !IsDamage(e))
        {
            // What may pass is for the stream, which tries again.
            LogAway(e, job.Id);
            return (job, null);
        }
    }

    private async Task WriteAsync(
        ServerSentEvents stream, JobDocument job, RunStatus? known, JobStreamPosition position, CancellationToken cancellationToken)
    {
        var (pause, status) = (s_firstPause, (RunStatus?)null);
        while (true)
        {
            try
            {
                while (position.Document < job.Log.Count)
                {
                    position = position with { Document = position.Document + 1 };
                    await WriteAsync(position, JobEventText.Of(job.Log[position.Document - 1], position.Document));
                }

                if (job.Phase == JobPhases.Validating)
                {
                    await Task.Delay(s_document, time, cancellationToken);
                    job = await jobs.FindAsync(job.Id, cancellationToken) ?? job;
                    continue;
                }

                // Only the status tells whether an end is the end: a run that failed can be resumed, before its last event is written, too.
                if (status is null)
                {
                    (job, status) = known is null ? await reader.ReadAsync(job, cancellationToken) : (job, known);
                    known = null;
                    if (status is null || IsEnd(status, position.Run)) return;
                }

                var run = grains.GetGrain<IRunGrain>(job.Id);
                var events = await run.WaitForEvents(position.Run, PageEvents, s_patience, cancellationToken);
                if (events.Count > 0 && status.TotalSteps == 0) status = await run.GetStatus().WaitAsync(cancellationToken);
                foreach (var happened in events)
                {
                    position = position with { Run = happened.Position };
                    await WriteAsync(position, JobEventText.Of(happened, job, status.TotalSteps));
                }

                pause = s_firstPause;
                if (events is not ([] or [.., RunEnded])) continue;
                job = await jobs.FindAsync(job.Id, cancellationToken) ?? job;
                status = null;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && !IsDamage(e))
            {
                // The run's silo died (several exceptions can mean that), or the store cannot be reached for a while; the run will
                // answer again.
                await Task.Delay(pause, time, cancellationToken);
                pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
            }
        }

        Task WriteAsync(JobStreamPosition at, JobEvent happened) => stream.WriteAsync(at.ToString(), happened);
    }

    private static bool IsEnd(RunStatus status, EventPosition seen) => JobStatuses.IsEnd(JobStatuses.Of(status.State))
        && status.Position.Step <= seen.Step && status.Position.Entry <= seen.Entry;

    [LoggerMessage(Level = LogLevel.Information, Message = "The events of job {Job} cannot be read now")]
    private partial void LogAway(Exception exception, string job);

    [LoggerMessage(Level = LogLevel.Error, Message = "The events of job {Job} are damaged")]
    private partial void LogDamaged(Exception exception, string job);
}
