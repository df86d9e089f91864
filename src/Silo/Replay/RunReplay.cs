using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using LisaOrleans.Training;

namespace LisaOrleans.Silo;

/// <summary>
/// Steps of a run, repeated from one of its manifests on a silo of this process. All that is written goes to a temporary store over
/// the run's, which is only read; the run itself is not touched.
/// </summary>
public sealed class RunReplay : IDisposable
{
    private readonly ScratchFolder _folder;

    private RunReplay(ScratchFolder folder, IBlobStore store, string run) => (_folder, Store, Run) = (folder, store, run);

    /// <summary>The temporary store, through which the run's own blobs are read too.</summary>
    public IBlobStore Store { get; }

    /// <summary>The run's name, in both stores.</summary>
    public string Run { get; }

    /// <summary>Repeats steps. Evaluations do not end that early.</summary>
    /// <param name="store">The run's store.</param>
    /// <param name="start">The manifest to begin with.</param>
    /// <param name="change">Changes the settings; they are those of the manifest otherwise.</param>
    /// <param name="lastStep">The step to end with, whose manifest is written in any case.</param>
    /// <param name="repeated">Told of each step; returns whether to go on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="lastStepIsEnd">Whether the run ends with the last step, as one does that early stopping ended there.</param>
    /// <param name="kept">Names of blobs that the run's store keeps, and that are not written again; null (default) for none.</param>
    /// <exception cref="RunReplayException">The steps cannot be repeated; the message says why.</exception>
    public static async Task<RunReplay> RepeatAsync(
        IBlobStore store, Manifest start, Func<TrainingSpec, TrainingSpec> change, long lastStep, Func<StepRecord, bool> repeated,
        CancellationToken cancellationToken, bool lastStepIsEnd = false, IReadOnlySet<string>? kept = null)
    {
        var folder = ScratchFolder.Create();
        try
        {
            var scratch = new LayeredBlobStore(store, new FolderBlobStore(folder.Path), kept);

            // What early stopping is set to may change while a run goes on, so the manifest does not say when it ended.
            var settings = change(await RunFiles.ReadSpecAsync(store, start, cancellationToken)) with
            {
                EarlyStoppingPatience = 0,
                EarlyStoppingThreshold = 0,
            };
            var spec = new BytesBlob(JsonSerializer.SerializeToUtf8Bytes(settings));
            await scratch.PutAsync(spec, cancellationToken);
            var session = await RunStore.AcquireAsync(scratch, start.Run, new RunClaim(RunHeadStates.Queued), cancellationToken);
            var manifest = start with
            {
                Spec = new BlobRef(spec.Sha256, spec.Length),
                Generation = session.Generation,
                Completed = false,
            };
            await session.CommitAsync(manifest, cancellationToken);
            await TrainAsync(scratch, start.Run, new RunOptions { LastStep = lastStep, LastStepIsEnd = lastStepIsEnd }, repeated, cancellationToken);
            return new RunReplay(folder, scratch, start.Run);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static async Task TrainAsync(
        IBlobStore scratch, string name, RunOptions options, Func<StepRecord, bool> repeated, CancellationToken cancellationToken)
    {
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = scratch, Runs = options }, cancellationToken);
        var run = silo.Grains.GetGrain<IRunGrain>(name);
        var before = (await run.GetStatus()).Position;
        await run.Start();
        var (ended, stopping) = ((RunEnded?)null, (Task?)null);
        await foreach (var happened in run.Watch(before, cancellationToken))
        {
            if (happened is RunEnded end) ended = end;
            if (happened is StepCompleted step && !repeated(step.Record)) stopping ??= run.Pause();
        }

        // First why it failed, which also ends what was to stop it.
        if (ended is not { State: RunState.Succeeded or RunState.Paused, Error: null })
            throw new RunReplayException(name, ended?.Error ?? "its events ended before it did");
        if (stopping is not null) await stopping;
    }
}
