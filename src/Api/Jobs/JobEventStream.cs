using LisaOrleans.Checkpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace LisaOrleans.Api;

/// <summary>
/// A job's events as they happen, until its end. A reader that comes back with the last id, to any silo, gets every later event
/// once. A silo that leaves ends its streams without the last line, so that readers come back.
/// </summary>
internal sealed class JobEventStream(JobCatalog jobs, JobReader reader, IGrainFactory grains, TimeProvider time, IHostApplicationLifetime life)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    public async Task WriteAsync(HttpContext context, JobDocument job, JobStreamPosition position)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, life.ApplicationStopping);
        try
        {
            await using var stream = await ServerSentEvents.StartAsync(context.Response, time, over.Token);
            while (true)
            {
                (position, var ended) = await WriteRoundAsync(stream, job, position, over.Token);
                if (ended) break;
                await Task.Delay(s_pause, time, over.Token);
                job = await jobs.FindAsync(job.Id, over.Token) ?? job;
            }

            await stream.WriteDoneAsync();
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The reader is gone, or should come back to another silo.
        }
    }

    private async Task<(JobStreamPosition Position, bool Ended)> WriteRoundAsync(
        ServerSentEvents stream, JobDocument job, JobStreamPosition position, CancellationToken cancellationToken)
    {
        while (position.Document < job.Log.Count)
        {
            position = position with { Document = position.Document + 1 };
            await stream.WriteAsync(position.ToString(), JobEventText.Of(job.Log[position.Document - 1], position.Document));
        }

        if (job.Phase != JobPhases.Imported) return (position, job.Phase != JobPhases.Validating);
        try
        {
            // The status is read first: if the job ends after that, the end is among the events.
            var (_, status) = await reader.ReadAsync(job, cancellationToken);
            if (status is null) return (position, true);
            var run = grains.GetGrain<IRunGrain>(job.Id);
            var ended = false;
            await foreach (var happened in run.Watch(position.Run, cancellationToken))
            {
                if (status.TotalSteps == 0) status = await run.GetStatus().WaitAsync(cancellationToken);
                position = position with { Run = happened.Position };
                await stream.WriteAsync(position.ToString(), JobEventText.Of(happened, job, status.TotalSteps));
                ended = happened is RunEnded { State: RunState.Succeeded or RunState.Failed or RunState.Cancelled };
            }

            return (position, ended || JobStatuses.IsEnd(JobStatuses.Of(status.State)));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not (DamagedBlobException or InvalidDataFileException))
        {
            // The run's silo died (several exceptions can mean that), or the store cannot be reached for a while; the run will
            // answer again.
            return (position, false);
        }
    }
}
