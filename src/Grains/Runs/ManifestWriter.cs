using System.Diagnostics;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>
/// Writes manifests while training goes on: state is copied at a step boundary, uploaded in the background, and the
/// manifest is committed last. At most one is on its way.
/// </summary>
internal sealed class ManifestWriter(
    IBlobStore store, RunStore run, RunHistory history, RunJournal journal, Pipeline pipeline, EventFeed feed, TimeProvider time,
    Action<Exception> collectFailed)
{
    // Replaced blobs are deleted now and then, once they are so old that nobody else can still be about to name them.
    private static readonly TimeSpan s_collectPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_collectAge = TimeSpan.FromMinutes(5);

    private readonly HashSet<string> _replaced = [];
    private long _collected = time.GetTimestamp();
    private Task _pending = Task.CompletedTask;

    /// <summary>Bytes that the last manifest wrote.</summary>
    public long LastBytes { get; private set; }

    /// <summary>How long training paused for manifests.</summary>
    public TimeSpan Stalled { get; private set; }

    /// <summary>The last committed manifest.</summary>
    public Manifest Last { get; private set; } = run.Manifest
        ?? throw new InvalidOperationException($"run {run.Head.Run} has no manifest");

    /// <summary>Copies what changed and starts the upload. Waits for the one before, if that is still on its way.</summary>
    public async Task Begin(long step, bool completed, CancellationToken cancellationToken)
    {
        using var phase = RunTelemetry.Of(run.Head.Run).Phase(StepPhase.Snapshot);
        var started = Stopwatch.GetTimestamp();
        await _pending;
        var changed = await pipeline.BeginSnapshot(step, cancellationToken);
        var stalled = Stopwatch.GetElapsedTime(started);
        Stalled += stalled;
        _pending = Commit(step, completed, changed, stalled, cancellationToken);
    }

    /// <summary>Waits for the manifest on its way.</summary>
    public Task Complete() => _pending;

    /// <summary>Fails if the manifest on its way has failed.</summary>
    public void ThrowIfFailed()
    {
        if (_pending.IsFaulted) _pending.GetAwaiter().GetResult();
    }

    /// <summary>Lets a manifest on its way come to its end, whatever that is, before the run goes back or stops.</summary>
    public async Task Settle(TimeSpan patience) => await _pending.WaitAsync(patience)
        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task Commit(long step, bool completed, IReadOnlyList<string> changed, TimeSpan stalled, CancellationToken cancellationToken)
    {
        var parts = new Dictionary<string, PartState>(Last.Parts);
        long bytes = 0;
        foreach (var (name, state) in await pipeline.CompleteSnapshot(step, changed, cancellationToken))
        {
            bytes += (state.Optimizer ?? state.Adapter ?? state.Weights).Length;
            parts[name] = state;
        }

        // Nobody goes on with the moments of a run that is done.
        if (completed) parts = parts.ToDictionary(p => p.Key, p => p.Value with { Parked = null });

        var (segments, logBytes) = await history.Store(store, step, cancellationToken);
        var manifest = Last with
        {
            Generation = run.Generation,
            Step = step,
            Completed = completed,
            Parts = parts,
            Log = segments,
        };
        var before = Named(Last).ToArray();
        await journal.Write(
            store, step, [new ManifestSaved(step, bytes + logBytes, stalled.TotalSeconds)],
            segments => run.CommitAsync(manifest, segments, cancellationToken), cancellationToken);
        _replaced.UnionWith(before);
        _replaced.ExceptWith(Named(manifest));
        (Last, LastBytes) = (manifest, bytes + logBytes);
        RunTelemetry.Of(run.Head.Run).ManifestSaved(LastBytes);
        feed.Signal();
        if (time.GetElapsedTime(_collected) >= s_collectPeriod) await Collect(cancellationToken);
    }

    private IEnumerable<string> Named(Manifest manifest) => manifest.References().Append(run.Head.Manifest!)
        .Concat(run.Head.Journal?.Select(s => s.Blob) ?? []).Select(b => b.Sha256);

    private async Task Collect(CancellationToken cancellationToken)
    {
        _collected = time.GetTimestamp();
        try
        {
            await GarbageCollector.CollectAsync(store, _replaced, s_collectAge, time, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The manifest is committed; what could not be deleted only takes up space, and the next collection tries again.
            collectFailed(e);
        }
    }
}
