using System.Collections.Concurrent;
using System.Threading.Channels;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Grains;
using LisaOrleans.Training;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>
/// Turns jobs into runs, in the background: brings model and data into the store, and starts the run. Only one silo at a time
/// works on a job; if it dies, another takes over.
/// </summary>
internal sealed partial class JobImporter(
    JobCatalog jobs, JobSources sources, IBlobStore store, IGrainFactory grains,
    ISiloStatusOracle silos, IClusterView cluster, TimeProvider time, ILogger<JobImporter> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_watch = TimeSpan.FromSeconds(1);

    // A marker whose job was never written belongs to a request that died.
    private static readonly TimeSpan s_orphanAge = TimeSpan.FromMinutes(10);

    // By then, every silo that has the model and imports nothing else has seen the job. One that is busy comes to it later.
    private static readonly TimeSpan s_modelAge = TimeSpan.FromMinutes(1);

    private static readonly string s_chosen =
        $"The model has no chat template of its own: the chats are written with {ChatTemplates.Default}. The hyperparameter 'template' "
            + "of the methods lisa, full, lora and qlora names another one.";

    private readonly Channel<string> _new = Channel.CreateUnbounded<string>();
    private readonly ConcurrentDictionary<string, byte> _busy = new();

    /// <summary>Adds a new job, to be imported at once.</summary>
    public void Enqueue(string job) => _new.Writer.TryWrite(job);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
        await Task.WhenAll(ReadNewAsync(stoppingToken), SweepAsync(stoppingToken));

    private async Task ReadNewAsync(CancellationToken stoppingToken)
    {
        await foreach (var job in _new.Reader.ReadAllAsync(stoppingToken)) await TryAsync(job, stoppingToken);
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_sweep, time);
        do
        {
            try
            {
                await foreach (var job in jobs.Imports.IdsAsync(stoppingToken)) await TryAsync(job, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogSweepFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TryAsync(string job, CancellationToken stoppingToken)
    {
        if (!_busy.TryAdd(job, 0)) return;
        try
        {
            if (await ClaimAsync(job, stoppingToken)) await ImportAsync(job, stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested && StoreRefusal.Find(e, store.Location) is { } refusal)
        {
            await WaitAsync(job, $"The job waits: {refusal.Message}", stoppingToken);
        }
        catch (DamagedBlobException e)
        {
            await WaitAsync(job, $"The job waits: {e.Message}", stoppingToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
        {
            // The store or the cluster is unavailable; the claim stays, and the next sweep tries again.
            LogImportFailed(e, job);
        }
        finally
        {
            _busy.TryRemove(job, out _);
        }
    }

    private async Task<bool> ClaimAsync(string job, CancellationToken cancellationToken)
    {
        var self = silos.SiloAddress.ToParsableString();
        if (await jobs.Imports.FindAsync(job, cancellationToken) is not { Value: var import, ETag: var etag }) return false;
        if (await jobs.FindAsync(job, cancellationToken) is not { } document)
        {
            if (time.GetUtcNow() - import.CreatedAt > s_orphanAge) await jobs.Imports.DeleteAsync(job, cancellationToken);
            return false;
        }

        // The models folder may be on another machine.
        var isElsewhere = import.Silo is { } other && other != self
            && silos.GetApproximateSiloStatus(SiloAddress.FromParsableString(other)) == SiloStatus.Active;
        if (!await sources.HasModelAsync(document, cancellationToken))
        {
            if (!isElsewhere && time.GetUtcNow() - import.CreatedAt > s_modelAge)
                await WaitAsync(job, $"The job waits for a silo that has '{document.Model}' (--models) and is free", cancellationToken);
            return false;
        }

        if (import.Silo == self) return true;
        return !isElsewhere && await jobs.Imports.TryReplaceAsync(job, import with { Silo = self }, etag, cancellationToken);
    }

    private async Task ImportAsync(string id, CancellationToken stoppingToken)
    {
        var job = await jobs.GetAsync(id, stoppingToken);
        if (job.Phase == JobPhases.Validating)
        {
            using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var watching = WatchAsync(id, cancelled);
            JobError? error;
            try
            {
                (error, job) = await BringInAsync(job, cancelled.Token);
            }
            finally
            {
                await cancelled.CancelAsync();
                await watching;
            }

            var imported = job;
            job = await jobs.UpdateAsync(
                id,
                j => j.Phase == JobPhases.Validating
                    ? After(j with { Dataset = imported.Dataset, Data = imported.Data, Log = imported.Log }, error)
                    : null,
                stoppingToken) ?? job;
        }

        if (job.Phase == JobPhases.Imported)
        {
            // It may have been stopped before it could be started, and then stays so.
            try
            {
                await grains.GetGrain<IRunGrain>(id).StartIfNew().WaitAsync(stoppingToken);
            }
            catch (RunEndedException)
            {
                // It was cancelled just now.
            }
        }
        else await RunStore.DeleteAsync(store, id, stoppingToken);
        await jobs.Imports.DeleteAsync(id, stoppingToken);
    }

    // Ends the import of a job that is cancelled in the meantime.
    private async Task WatchAsync(string id, CancellationTokenSource cancelled)
    {
        try
        {
            using var timer = new PeriodicTimer(s_watch, time);
            while (await timer.WaitForNextTickAsync(cancelled.Token))
            {
                try
                {
                    if (await jobs.FindAsync(id, cancelled.Token) is { Phase: JobPhases.Cancelled }) await cancelled.CancelAsync();
                }
                catch (Exception e) when (!cancelled.IsCancellationRequested)
                {
                    // The next second looks again; a store that does not answer is noticed by the import, too.
                    LogNotWatched(e, id);
                }
            }
        }
        catch (Exception) when (cancelled.IsCancellationRequested)
        {
            // The import is over.
        }
    }

    // Returns the job with the chat template that was chosen for it, and with a report of what its data became.
    private async Task<(JobError? Error, JobDocument Job)> BringInAsync(JobDocument job, CancellationToken cancellationToken)
    {
        using var files = new JobFiles();
        try
        {
            var request = await sources.RequestAsync(job, files, cancellationToken);
            ImportOutcome outcome;
            try
            {
                outcome = await ImportAsync(request);
            }
            catch (MissingChatTemplateException)
            {
                // OpenAI's method has no field for a template, and OpenAI's clients do not know one.
                job = job with
                {
                    Dataset = job.Dataset with { Template = ChatTemplates.Default },
                    Log = [.. job.Log, new JobLogEntry(time.GetUtcNow(), "warn", s_chosen)],
                };
                outcome = await ImportAsync(request with { Dataset = job.Dataset });
            }

            string[] notes = outcome.ModelNote is { } note ? [note] : [];
            return (null, job with { Data = outcome.Data, Log = [.. job.Log, .. outcome.Data.Lines.Concat(notes).Select(Entry)] });
        }
        catch (RunEndedException)
        {
            // It was brought in before, by a silo that could not say so, and cancelled since.
            return (null, job);
        }
        catch (Exception e) when (ErrorOf(e, job, files, cancellationToken) is { } error)
        {
            return (error, job);
        }

        Task<ImportOutcome> ImportAsync(RunRequest request) => Task.Run(
            () => RunImporter.ImportAsync(
                store, request, null, cancellationToken,
                ImportOptions.For([.. cluster.TrainingSilos().Select(s => s.Describe())]) with { Holder = cluster.Holder }),
            cancellationToken);
    }

    private JobDocument After(JobDocument job, JobError? error)
    {
        var now = time.GetUtcNow();
        return job with
        {
            Phase = error is null ? JobPhases.Imported : JobPhases.Failed,
            Error = error,
            Manifest = null,
            TrainingFile = job.TrainingFile with { Sha256 = null },
            ValidationFile = job.ValidationFile is { } file ? file with { Sha256 = null } : null,
            Log = [.. job.Log, new JobLogEntry(
                now, error is null ? "info" : "error", error?.Message ?? "Files validated, moving job to queued state")],
        };
    }
}
