using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

internal sealed partial class StoredRun
{
    // While the run was not taken here: the head that steps and journal were read from, and what was told of it before its plan was needed.
    private (RunHead? Head, RunOutline? Outline) _read;

    /// <summary>Reads steps and journal of a run that nobody works on here, if they are not those that were read before.</summary>
    /// <param name="atWork">Whether somebody, who then knows better, has begun to work on it meanwhile.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether nothing more will happen in it; null where that was not read.</returns>
    public async Task<bool?> ReadEvents(Func<bool> atWork, CancellationToken cancellationToken)
    {
        if (IsTaken || atWork()) return null;
        if (await RunStore.ReadHeadAsync(store, name, cancellationToken) is not { Manifest: { } blob } head) return null;
        if (IsNews(head))
        {
            var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken);
            var history = await RunHistory.Read(store, manifest, cancellationToken);
            var journal = await RunJournal.Read(store, head, null, time, cancellationToken);
            if (IsTaken || atWork()) return null;

            // Somebody may have read a newer head meanwhile.
            if (IsNews(head))
            {
                var before = Journal;
                (History, Journal, _read.Head) = (history, journal, head);
                if (before is not null && journal.AddUnwritten(before)) return null;
            }
        }

        return head.State is RunHeadStates.Succeeded or RunHeadStates.Failed or RunHeadStates.Cancelled or RunHeadStates.Paused;
    }

    /// <summary>Tells those who watch that a generation of the run begins, which this activation has taken.</summary>
    /// <param name="wasLost">Whether an owner before it was lost.</param>
    public void NoteStart(bool wasLost)
    {
        if (wasLost)
        {
            var lost = Cluster is null ? "the process that trained it was lost" : "the silo that led the run was lost";
            Journal!.Note(new RunRecovering(0, ManifestStep, lost));
            RunTelemetry.Of(name).Recovering();
        }

        Journal!.Note(new RunStarted(ManifestStep, Plan!.TotalSteps, Session!.Generation));
    }

    /// <summary>What the store alone says of the run.</summary>
    public async Task<RunStatus> ReadStatus()
    {
        (var status, _read.Outline) = await StoredRunStatus.Read(store, name, Plan?.Outline ?? _read.Outline, CancellationToken.None);
        return status;
    }

    private bool IsNews(RunHead head) =>
        History is null || _read.Head is not { } known || head.Generation > known.Generation
        || (head.Generation == known.Generation && (head.Step > known.Step || Entries(head) > Entries(known)));

    private static long Entries(RunHead head) => head.Journal is [.., { LastStep: var last }] ? last : 0;
}
