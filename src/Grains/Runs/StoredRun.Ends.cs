using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <content>How it ends here, and what the store and those who watch are told of that.</content>
internal sealed partial class StoredRun
{
    /// <summary>
    /// Stops a run that nobody works on here, with one swap of its head: whoever reads that it has ended finds the end in its
    /// journal, too. The claim also stops an owner that is out of sight.
    /// </summary>
    /// <returns>How it ended; null where there was nothing to stop.</returns>
    /// <exception cref="RunEndedException">It is to be paused, but has failed.</exception>
    public async Task<RunPhase.Ended?> Stop(RunState state, CancellationToken cancellationToken)
    {
        var head = await ReadHead();
        if (head?.Manifest is null || head.State == RunHeadStates.Cancelled || (await ReadStatus()).State == RunState.Succeeded) return null;
        RunJournal? written = null;
        var claim = new RunClaim(StoredRunStatus.Of(state), cluster, Planned: true)
        {
            Holder = Holder,
            Journal = Append,
            Check = h => StoredRunStatus.CheckNotEnded(h, state),
        };
        try
        {
            Session = await RunStore.AcquireAsync(store, name, claim, cancellationToken);
        }
        catch (RunEndedException e) when (e.State != RunState.Failed)
        {
            return null;
        }

        Journal = written;
        if (History is not null) _read.Head = Session.Head;
        return new RunPhase.Ended(state, null, IsStored: true);

        async Task<IReadOnlyList<LogSegment>> Append(RunHead before, CancellationToken token)
        {
            IReadOnlyList<LogSegment> segments = [];
            written = await RunJournal.Read(store, before, Journal, time, token);
            await written.Write(
                store, before.Step, [new RunEnded(state, before.Step, null)], s => Task.FromResult(segments = s), token);
            return segments;
        }
    }

    /// <summary>Stores how the run ended, for those who ask when this activation is gone.</summary>
    /// <param name="state">How it ended.</param>
    /// <param name="step">Its last committed step.</param>
    /// <param name="reason">Why, where something went wrong.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<RunPhase.Ended> End(RunState state, long step, string? reason, CancellationToken cancellationToken)
    {
        var (ended, isStored) = (new RunEnded(state, step, reason), false);
        try
        {
            if (Session is { } session)
            {
                if (await FindJournal(session, cancellationToken) is { } journal)
                {
                    await journal.Write(
                        store, ManifestStep, [ended], j =>
                            session.SetStateAsync(StoredRunStatus.Of(state), reason, j, cancellationToken), cancellationToken);
                    return new RunPhase.Ended(state, reason, IsStored: true);
                }

                await session.SetStateAsync(StoredRunStatus.Of(state), reason, cancellationToken);
                isStored = true;
            }
        }
        catch (Exception e)
        {
            // Whatever the store says, the run has ended, and those who watch it must be told.
            RunLog.StateLost(logger, e, name, state);
        }

        await NoteEnd(ended);
        return new RunPhase.Ended(state, reason, isStored);
    }

    /// <summary>
    /// Stores that this activation lets go of a run that goes on elsewhere, be it on a silo that is yet to come: taking it there is then no
    /// recovery.
    /// </summary>
    public async Task LetGo(CancellationToken cancellationToken)
    {
        if (FindOwned() is not ({ } session, { } journal) || session.Head.State != RunHeadStates.Running) return;
        try
        {
            await journal.Write(store, ManifestStep, [], j => session.LetGoAsync(j, cancellationToken), cancellationToken);
        }
        catch (Exception e)
        {
            // It counts as a recovery.
            RunLog.LetGoLost(logger, e, name);
        }

        Begin();
    }

    /// <summary>Tells those who watch how the run ended, where the store cannot be told.</summary>
    public async Task NoteEnd(RunEnded ended)
    {
        Journal ??= await RunJournal.Read(store, null, null, time, CancellationToken.None);
        Journal.AddUnwritten(ManifestStep, ended);
    }

    // A generation that failed early has not read its journal, and any other lacks what was written since, and would replace it.
    // Null where it is damaged.
    private async Task<RunJournal?> FindJournal(RunStore session, CancellationToken cancellationToken)
    {
        if (Journal?.Generation == session.Generation) return Journal;
        try
        {
            return Journal = await RunJournal.Read(store, session.Head, Journal, time, cancellationToken);
        }
        catch (Exception e) when (e is DamagedBlobException or InvalidDataFileException)
        {
            return null;
        }
    }

    /// <summary>Leaves the run to another owner.</summary>
    /// <param name="step">Its last step that was committed here.</param>
    /// <param name="reason">Why.</param>
    public async Task<RunPhase.Ended> GiveWay(long step, string reason)
    {
        RunLog.Replaced(logger, name, reason);

        // In a cluster it goes on elsewhere, and watchers will hear of it there; in a single process this is the end of it.
        if (Cluster is null) await NoteEnd(new RunEnded(RunState.Failed, step, reason));
        return new RunPhase.Ended(RunState.Failed, reason, IsStored: false) { IsElsewhere = true };
    }
}
