using System.Diagnostics;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>
/// Writes manifests while training goes on: a snapshot of the state is taken at a step boundary and uploaded in the background, and the
/// manifest is committed last. One may be uploaded while the one before is committed. Training waits only before it changes what a
/// snapshot still needs.
/// </summary>
internal sealed class ManifestWriter(
    IBlobStore store, RunStore run, TrainingSpec spec, RunHistory history, ManifestKeeper keeper, RunJournal journal, Pipeline pipeline,
    IReadOnlyList<string> kinds, EventFeed feed, ReplacedBlobs replaced, RunOptions options, TimeProvider time)
{
    private ManifestOnItsWay _latest = new(0, Task.CompletedTask);

    /// <summary>Bytes that the last manifest wrote.</summary>
    public long LastBytes { get; private set; }

    /// <summary>How long training paused for manifests.</summary>
    public TimeSpan Stalled { get; private set; }

    /// <summary>The last committed manifest.</summary>
    public Manifest Last { get; private set; } = run.Manifest
        ?? throw new InvalidOperationException($"run {run.Head.Run} has no manifest");

    /// <summary>
    /// Names what answers are compared with, in all manifests from now on, and in one that takes the last one's place: what no
    /// manifest names may be collected before there is another.
    /// </summary>
    public async Task NameReference(BlobRef training, BlobRef? evaluation, CancellationToken cancellationToken)
    {
        if ((Last.ReferenceLogProbs, Last.EvalReferenceLogProbs) == (training, evaluation)) return;
        var manifest = RunKinds.Add(Last, kinds) with
        {
            Generation = run.Generation,
            ReferenceLogProbs = training,
            EvalReferenceLogProbs = evaluation,
        };
        await Swap(manifest, await Prepare(manifest, isEnd: false, cancellationToken), [], cancellationToken);
    }

    /// <summary>
    /// Begins a manifest of a step that was just committed. Before anything is changed again, <see cref="LetChange"/> must be awaited.
    /// </summary>
    public void Begin(long step, bool completed, CancellationToken cancellationToken)
    {
        var before = _latest;
        var manifest = _latest = new ManifestOnItsWay(step, before.Committed);
        manifest.Taken = Take(before, manifest, cancellationToken);
        manifest.Stored = Store(manifest, cancellationToken);
        manifest.Committed = Commit(manifest, completed, cancellationToken);
    }

    /// <summary>
    /// Waits until the parts may change: the snapshot of the manifest on its way is taken, and what of it is not stored yet is copied.
    /// </summary>
    public async Task LetChange(CancellationToken cancellationToken)
    {
        if (_latest.Stored.IsCompletedSuccessfully) return;
        using var phase = RunTelemetry.Of(run.Head.Run).Phase(StepPhase.Snapshot);
        await (_latest.Separated = Separate(_latest, cancellationToken));
    }

    /// <summary>Waits for the manifests on their way.</summary>
    public Task Complete() => _latest.Committed;

    /// <summary>Fails if a manifest on its way has failed, or was broken off.</summary>
    public void ThrowIfFailed()
    {
        foreach (var committed in (Task[])[_latest.Committed, _latest.CommittedBefore])
            if (committed.IsCompleted) committed.GetAwaiter().GetResult();
    }

    /// <summary>Whether a manifest could not be stored.</summary>
    public bool HasFailed => !_latest.Taken.IsFaulted && (_latest.Committed.IsFaulted || _latest.CommittedBefore.IsFaulted);

    /// <summary>Lets the manifests on their way come to their end, whatever that is, before the run goes back or stops.</summary>
    public async Task Settle(TimeSpan patience) => await _latest.Committed.WaitAsync(patience)
        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    // Parts store one snapshot at a time, and no more than two manifests are on their way.
    private async Task<IReadOnlyList<string>> Take(ManifestOnItsWay before, ManifestOnItsWay manifest, CancellationToken cancellationToken)
    {
        await before.CommittedBefore;
        await before.Stored;
        var (parts, copying) = await pipeline.BeginSnapshot(manifest.Step, cancellationToken);

        // Where training waits already, that is counted.
        if (manifest.Separated.IsCompleted) AddStall(manifest, copying);
        return parts;
    }

    private async Task Separate(ManifestOnItsWay manifest, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var parts = await manifest.Taken;
        if (!manifest.Stored.IsCompletedSuccessfully) await pipeline.SeparateSnapshot(manifest.Step, parts, cancellationToken);
        AddStall(manifest, Stopwatch.GetElapsedTime(started));
    }

    private void AddStall(ManifestOnItsWay manifest, TimeSpan stalled)
    {
        manifest.Stalled += stalled;
        Stalled += stalled;
    }

    private async Task<IReadOnlyDictionary<string, PartState>> Store(ManifestOnItsWay manifest, CancellationToken cancellationToken) =>
        await pipeline.CompleteSnapshot(
            manifest.Step, await manifest.Taken, state => manifest.Blobs.AddRange(state.References()), cancellationToken);

    private async Task Commit(ManifestOnItsWay onItsWay, bool completed, CancellationToken cancellationToken)
    {
        // Whatever becomes of this one, it has not ended before the one before has.
        await Renewing(Task.WhenAll(onItsWay.CommittedBefore, onItsWay.Stored), onItsWay, cancellationToken);
        var (step, stored) = (onItsWay.Step, await onItsWay.Stored);
        var parts = new Dictionary<string, PartState>(Last.Parts);
        long bytes = 0;
        foreach (var (name, state) in stored)
        {
            bytes += (state.Optimizer ?? state.Adapter ?? state.Weights).Length;
            parts[name] = state;
        }

        if (completed) parts = WithoutParked(parts);

        var (segments, logBytes) = await history.Store(store, step, cancellationToken);
        var manifest = RunKinds.Add(Last, kinds) with
        {
            Generation = run.Generation,
            Step = step,
            Completed = completed,
            Parts = parts,
            Log = segments,
        };

        // What training waited for it, it has waited by now.
        await onItsWay.Separated;
        var saved = new ManifestSaved(step, bytes + logBytes, onItsWay.Stalled.TotalSeconds);
        var kept = await Prepare(manifest, completed, cancellationToken);
        var best = completed && spec.LoadBestModelAtEnd ? kept.Kept.FirstOrDefault(k => k.IsBest) : null;
        if (best is not null && best.Step != step)
        {
            // The manifest of the last step is one to go back to; the run ends with the best one's weights.
            manifest = manifest with { Completed = false };
            await Swap(manifest, await Prepare(manifest, completed, cancellationToken), [saved], cancellationToken);
            var parted = await RunStore.ReadManifestAsync(store, best.Manifest, cancellationToken);
            await Swap(manifest with { Completed = true, Parts = WithoutParked(parted.Parts) }, null, [], cancellationToken);
            replaced.Add(kept.Segments?.Select(s => s.Blob.Sha256) ?? []);
        }
        else
        {
            await Swap(manifest, kept, [saved], cancellationToken);
        }

        LastBytes = bytes + logBytes;
        RunTelemetry.Of(run.Head.Run).ManifestSaved(LastBytes);
        feed.Signal();
        replaced.Collect();
    }

    // Until the head names them, another run that had the same blobs, and has replaced them, would delete them once they are old.
    private async Task Renewing(Task task, ManifestOnItsWay manifest, CancellationToken cancellationToken)
    {
        while (true)
        {
            await task.WaitAsync(options.RenewPeriod, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (task.IsCompleted || cancellationToken.IsCancellationRequested) break;
            await RunStore.FindMissingAsync(store, [.. manifest.Blobs], cancellationToken);
        }

        await task;
    }

    // Nobody goes on with the moments of a run that is done.
    private static Dictionary<string, PartState> WithoutParked(IReadOnlyDictionary<string, PartState> parts) =>
        parts.ToDictionary(p => p.Key, p => p.Value with { Parked = null });

    private Task<ManifestKeeper.Change> Prepare(Manifest manifest, bool isEnd, CancellationToken cancellationToken) => keeper.Prepare(
        (Last, run.Head.Manifest!), (manifest, manifest.ToBlobRef()), isEnd, spec, history.Records, time.GetUtcNow(), cancellationToken);

    // A manifest and the list of those that are kept change by one swap of the head. Without a change, the list stays.
    private async Task Swap(
        Manifest manifest, ManifestKeeper.Change? kept, IReadOnlyList<TrainingEvent> events, CancellationToken cancellationToken)
    {
        var (before, blob) = (Last, run.Head.Manifest!);
        string[] journalBefore = [.. run.Head.Journal?.Select(s => s.Blob.Sha256) ?? []];
        await journal.Write(
            store, manifest.Step, events,
            journal => run.CommitAsync(manifest, journal, kept is null ? run.Head.Kept : kept.Segments, cancellationToken), cancellationToken);
        if (kept is not null) keeper.Accept(kept);
        Last = manifest;
        replaced.Add(journalBefore);
        replaced.Add(kept?.Replaced.Select(b => b.Sha256) ?? []);
        if (keeper.Kept.All(k => k.Manifest != blob)) replaced.Add(before.References().Append(blob).Select(b => b.Sha256));
        replaced.Remove(Named(manifest));
    }

    private IEnumerable<string> Named(Manifest manifest) => manifest.References().Append(run.Head.Manifest!)
        .Concat((run.Head.Journal ?? []).Concat(run.Head.Kept ?? []).Select(s => s.Blob)).Select(b => b.Sha256);
}
