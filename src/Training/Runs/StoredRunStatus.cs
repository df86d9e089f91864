using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>What the store alone says of a run: the truth about one that nobody works on.</summary>
public static class StoredRunStatus
{
    /// <summary>Reads it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run's name.</param>
    /// <param name="known">The run's outline, where it is known already.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Its status, and its outline if it has a manifest.</returns>
    public static async Task<(RunStatus Status, RunOutline? Outline)> Read(
        IBlobStore store, string run, RunOutline? known, CancellationToken cancellationToken)
    {
        var head = await RunStore.ReadHeadAsync(store, run, cancellationToken);
        if (head?.Manifest is null) return (new RunStatus { Run = run, State = RunState.Queued }, known);
        var manifest = await RunStore.ReadManifestAsync(store, head.Manifest, cancellationToken);
        var kept = await KeptManifests.ReadAsync(store, head.Kept, cancellationToken);
        var outline = known?.IsOf(manifest) == true ? known : (await RunPlan.Read(store, manifest, cancellationToken)).Outline;
        return (
            new RunStatus
            {
                Run = run,
                State = manifest.Completed ? RunState.Succeeded : State(head.State),
                Step = manifest.Step,
                TotalSteps = RunEnd.TotalSteps(manifest, outline.TotalSteps),
                LayerCount = outline.LayerCount,
                Generation = head.Generation,
                Recoveries = head.Recoveries,
                ManifestStep = manifest.Step,
                Error = head.Error,
                Priority = outline.Spec.Priority,
                Method = Methods.Describe(outline.Spec),
                KeptManifests = Math.Max(1, kept.Count),
                HistoryBytes = Bytes(kept, manifest),
                Kinds = RunKinds.Of(manifest),
                Position = new EventPosition(manifest.Step, head.Journal?[^1].LastStep ?? 0),
            },
            outline);
    }

    /// <summary>Bytes of all that a run's manifests name.</summary>
    /// <param name="kept">Those that it keeps; empty for only the last.</param>
    /// <param name="last">The last.</param>
    public static long Bytes(IReadOnlyList<KeptManifest> kept, Manifest last) =>
        kept.Count > 0 ? kept.Sum(k => k.NewBytes) : last.References().Distinct().Sum(b => b.Length);

    /// <summary>The value of <see cref="RunHead.State"/> for how a run ended.</summary>
    public static string Of(RunState state) => state switch
    {
        RunState.Paused => RunHeadStates.Paused,
        RunState.Failed => RunHeadStates.Failed,
        RunState.Cancelled => RunHeadStates.Cancelled,
        RunState.Succeeded => RunHeadStates.Succeeded,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "a run does not end so"),
    };

    /// <summary>Checks that a run may go on.</summary>
    /// <param name="head">The run's head.</param>
    /// <param name="instead">What can be done if not; null (default) for what always can.</param>
    /// <exception cref="RunEndedException">It was cancelled.</exception>
    public static void CheckNotCancelled(RunHead head, string? instead = null)
    {
        if (head.State == RunHeadStates.Cancelled) throw new RunEndedException(head.Run, RunState.Cancelled, head.Step, "resumed", instead);
    }

    /// <summary>Checks that there is something to stop in a run.</summary>
    /// <param name="head">The run's head.</param>
    /// <param name="state">How it is to end: paused or cancelled.</param>
    /// <exception cref="RunEndedException">
    /// It has ended so, is complete or was cancelled; or it is to be paused and has failed: whoever waits for its end must not be told otherwise.
    /// </exception>
    public static void CheckNotEnded(RunHead head, RunState state)
    {
        if (head.State is RunHeadStates.Cancelled or RunHeadStates.Succeeded || head.State == Of(state)
            || (head.State == RunHeadStates.Failed && state == RunState.Paused))
            throw new RunEndedException(head.Run, State(head.State), head.Step, Of(state));
    }

    /// <summary>Checks that a run that was started is still to be worked on.</summary>
    /// <param name="head">The run's head.</param>
    /// <exception cref="RunEndedException">It was paused or cancelled meanwhile, or has failed.</exception>
    public static void CheckNotStopped(RunHead head)
    {
        if (head.State is RunHeadStates.Paused or RunHeadStates.Failed or RunHeadStates.Cancelled)
            throw new RunEndedException(head.Run, State(head.State), head.Step, "trained");
    }

    private static RunState State(string? stored) => stored switch
    {
        RunHeadStates.Running => RunState.Starting,
        RunHeadStates.Waiting => RunState.Queued,
        RunHeadStates.Paused => RunState.Paused,
        RunHeadStates.Failed => RunState.Failed,
        RunHeadStates.Cancelled => RunState.Cancelled,
        RunHeadStates.Succeeded => RunState.Succeeded,
        _ => RunState.Queued,
    };
}
