using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// A run as one activation of its grain knows it from the store, and the activation's claim on it. Used within one grain's
/// turns.
/// </summary>
internal sealed class StoredRun(IBlobStore store, string name, string? cluster, TimeProvider time, ILogger logger)
{
    private readonly string _owner = Guid.NewGuid().ToString("N");
    private bool _owns;

    /// <summary>The run's name.</summary>
    public string Name => name;

    /// <summary>The store that it is in.</summary>
    public IBlobStore Store => store;

    /// <summary>The cluster that works on it; null for a single process.</summary>
    public string? Cluster => cluster;

    /// <summary>The run as this activation last owned it; null before.</summary>
    public RunStore? Session { get; private set; }

    /// <summary>What it does at each step; null before that was read.</summary>
    public RunPlan? Plan { get; private set; }

    /// <summary>Its steps; null before they were read.</summary>
    public RunHistory? History { get; private set; }

    /// <summary>What else happened in it; null before that was read.</summary>
    public RunJournal? Journal { get; private set; }

    /// <summary>
    /// Whether the last owner let go of it in good order, which may be this activation itself: taking it again is then not a
    /// recovery.
    /// </summary>
    public bool IsLetGo { get; set; }

    /// <summary>The step of the last manifest.</summary>
    public long ManifestStep => Session?.Manifest?.Step ?? 0;

    /// <summary>The head in the store.</summary>
    public Task<RunHead?> ReadHead() => RunStore.ReadHeadAsync(store, name, CancellationToken.None);

    /// <summary>Begins work on it: it will be taken from whoever has it.</summary>
    public void Begin() => _owns = false;

    /// <summary>Puts a run that nobody works on into the state of waiting for silos.</summary>
    /// <param name="since">Since when.</param>
    public Task Queue(DateTimeOffset since) =>
        RunStore.AcquireAsync(store, name, new RunClaim(RunHeadStates.Waiting, cluster, Planned: true, since), CancellationToken.None);

    /// <summary>Reads the plan, if it is not known yet, without owning the run.</summary>
    public async Task ReadPlan(CancellationToken cancellationToken)
    {
        if (Plan is null && await RunStore.ReadHeadAsync(store, name, cancellationToken) is { Manifest: { } blob })
            await ReadPlan(await RunStore.ReadManifestAsync(store, blob, cancellationToken), cancellationToken);
    }

    /// <summary>Becomes the run's owner under a new generation, and reads what its manifest names.</summary>
    /// <returns>The run, and whether an owner before this activation was lost.</returns>
    public async Task<(RunStore Session, bool WasLost)> Take(CancellationToken cancellationToken)
    {
        var claim = new RunClaim(RunHeadStates.Running, cluster, IsLetGo) { Owner = _owner, OnlyOwn = _owns };
        var session = await RunStore.AcquireAsync(store, name, claim, cancellationToken);
        var first = Session is null;
        (Session, _owns, IsLetGo) = (session, true, false);
        var manifest = session.Manifest ?? throw new InvalidDataFileException(name, $"the store at {store.Location} has no manifest of this run");
        if (first) await CheckFiles(manifest, cancellationToken);
        await ReadPlan(manifest, cancellationToken);
        History = await RunHistory.Read(store, manifest, cancellationToken);
        Journal = await RunJournal.Read(store, session.Head, Journal, time, cancellationToken);
        return (session, first && session.Recovered);
    }

    /// <summary>Stops a run that nobody works on here. The claim also stops an owner that is out of sight.</summary>
    /// <returns>Whether there was something to stop.</returns>
    public async Task<bool> TakeToStop(string state)
    {
        var head = await ReadHead();
        if (head?.Manifest is null || head.State == RunHeadStates.Cancelled || (await ReadStatus()).State == RunState.Succeeded) return false;
        Session = await RunStore.AcquireAsync(store, name, new RunClaim(state, cluster, Planned: true), CancellationToken.None);
        Journal = await RunJournal.Read(store, Session.Head, Journal, time, CancellationToken.None);
        return true;
    }

    /// <summary>Stores how the run ended, for those who ask when this activation is gone.</summary>
    /// <param name="state">How it ended.</param>
    /// <param name="step">Its last committed step.</param>
    /// <param name="reason">Why, where something went wrong.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<RunPhase.Ended> End(RunState state, long step, string? reason, CancellationToken cancellationToken)
    {
        var ended = new RunEnded(state, step, reason);
        try
        {
            if (Session is { } session && Journal is { } journal)
            {
                await journal.Write(
                    store, ManifestStep, [ended], j =>
                        session.SetStateAsync(StoredRunStatus.Of(state), reason, j, cancellationToken), cancellationToken);
                return new RunPhase.Ended(state, reason, IsStored: true);
            }
        }
        catch (Exception e)
        {
            // Whatever the store says, the run has ended, and those who watch it must be told.
            RunLog.StateLost(logger, e, name, state);
        }

        await NoteEnd(ended);
        return new RunPhase.Ended(state, reason, IsStored: false);
    }

    /// <summary>Tells those who watch how the run ended, where the store cannot be told.</summary>
    public async Task NoteEnd(RunEnded ended)
    {
        Journal ??= await RunJournal.Read(store, null, null, time, CancellationToken.None);
        Journal.AddUnwritten(ManifestStep, ended);
    }

    /// <summary>Whether another owner has taken the run: then what looks like a damaged run has only moved on.</summary>
    public async Task<bool> IsReplaced()
    {
        try
        {
            return _owns && (await ReadHead())?.Owner != _owner;
        }
        catch (Exception e)
        {
            RunLog.HeadUnknown(logger, e, name);
            return false;
        }
    }

    /// <summary>What the store alone says of the run.</summary>
    public async Task<RunStatus> ReadStatus()
    {
        (var status, Plan) = await StoredRunStatus.Read(store, name, Plan, CancellationToken.None);
        return status;
    }

    /// <summary>Reads steps and journal of a run that nobody works on here.</summary>
    /// <param name="atWork">Whether somebody, who then knows better, has begun to work on it meanwhile.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether nothing more will happen in it; null where that was not read.</returns>
    public async Task<bool?> ReadEvents(Func<bool> atWork, CancellationToken cancellationToken)
    {
        if (History is not null || atWork()) return null;
        var known = Journal;
        if (await RunStore.ReadHeadAsync(store, name, cancellationToken) is not { Manifest: { } blob } head) return null;
        var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken);
        var history = await RunHistory.Read(store, manifest, cancellationToken);
        var journal = await RunJournal.Read(store, head, null, time, cancellationToken);
        if (History is not null || atWork()) return null;
        History = history;

        // A cancellation may have come while this was read: its journal is the newer one.
        if (Journal != known) return null;
        Journal = journal;
        return head.State is RunHeadStates.Succeeded or RunHeadStates.Failed or RunHeadStates.Cancelled or RunHeadStates.Paused;
    }

    // Some are needed only at the very end, which would be too late to learn that they are damaged.
    private async Task CheckFiles(Manifest manifest, CancellationToken cancellationToken)
    {
        foreach (var blob in manifest.Files.Values) (await store.ReadAsync(blob, cancellationToken)).Dispose();
    }

    private async Task ReadPlan(Manifest manifest, CancellationToken cancellationToken)
    {
        if (Plan?.IsOf(manifest) != true) Plan = await RunPlan.Read(store, manifest, cancellationToken);
    }
}
