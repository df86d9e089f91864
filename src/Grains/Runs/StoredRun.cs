using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// A run as one activation of its grain knows it from the store, and the activation's claim on it. Used within one grain's
/// turns.
/// </summary>
internal sealed partial class StoredRun(IBlobStore store, string name, string? cluster, TimeProvider time, ILogger logger)
{
    private readonly string _owner = Guid.NewGuid().ToString("N");

    // Whether the head was this activation's when it was last seen, and whether it has ever taken the run since it was last stopped elsewhere.
    private (bool IsOwner, bool HasTaken) _claim;

    // What the first taking found out is kept until one has succeeded.
    private (bool FilesAreChecked, bool WasLost) _first;

    /// <summary>The run's name.</summary>
    public string Name => name;

    /// <summary>The store that it is in.</summary>
    public IBlobStore Store => store;

    /// <summary>The cluster that works on it; null for a single process.</summary>
    public string? Cluster => cluster;

    /// <value>As whom it is worked on. Default this process, as a silo of the cluster if any.</value>
    public RunHolder Holder { get; init; } = RunHolder.ThisProcess with { Cluster = cluster };

    /// <summary>Whether this activation has taken it, so that steps and journal here are the newest.</summary>
    public bool IsTaken => _claim.HasTaken;

    /// <summary>The run as this activation last owned it; null before.</summary>
    public RunStore? Session { get; private set; }

    /// <summary>What it does at each step; null before that was read.</summary>
    public RunPlan? Plan { get; private set; }

    /// <summary>Its steps; null before they were read.</summary>
    public RunHistory? History { get; private set; }

    /// <summary>What else happened in it; null before that was read.</summary>
    public RunJournal? Journal { get; private set; }

    /// <summary>The manifests that it keeps; null before that was read.</summary>
    public ManifestKeeper? Keeper { get; private set; }

    /// <summary>
    /// Whether the last owner let go of it in good order, which may be this activation itself: taking it again is then not a
    /// recovery.
    /// </summary>
    public bool IsLetGo { get; set; }

    /// <summary>
    /// Whether it was imported anew while this activation works on it, as with other settings: the work is to go on with what it has become.
    /// </summary>
    public bool IsAnew { get; set; }

    /// <summary>The step of the last manifest.</summary>
    public long ManifestStep => Session?.Manifest?.Step ?? Session?.Head.Step ?? 0;

    /// <summary>The head in the store.</summary>
    public Task<RunHead?> ReadHead() => RunStore.ReadHeadAsync(store, name, CancellationToken.None);

    /// <summary>Begins work on it: it will be taken from whoever has it.</summary>
    public void Begin() => _claim.IsOwner = false;

    /// <summary>Puts a run that nobody works on into the state of waiting for silos.</summary>
    /// <param name="since">Since when.</param>
    /// <exception cref="RunEndedException">It was cancelled.</exception>
    public Task Queue(DateTimeOffset since)
    {
        var claim = new RunClaim(RunHeadStates.Waiting, cluster, Planned: true, since)
        {
            Holder = Holder,
            Check = h => StoredRunStatus.CheckNotCancelled(h),
        };
        return RunStore.AcquireAsync(store, name, claim, CancellationToken.None);
    }

    /// <summary>Stores that it waits for silos, where this activation has taken it, and they were lost or given to others.</summary>
    public async Task Wait(CancellationToken cancellationToken)
    {
        if (FindOwned() is not ({ } session, { } journal)) return;
        try
        {
            // In its turn: a manifest may still be on its way.
            await journal.Write(
                store, ManifestStep, [], j => session.WaitAsync(IsLetGo, j, cancellationToken), cancellationToken);
            IsLetGo = true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            RunLog.WaitLost(logger, e, name);
        }
    }

    /// <summary>Begins work on it once more if it was imported anew.</summary>
    /// <exception cref="RunEndedException">It was cancelled.</exception>
    public async Task BeginAnew()
    {
        if (!IsAnew) return;
        (IsAnew, IsLetGo, Plan) = (false, true, null);
        Begin();
        await Queue(time.GetUtcNow());
    }

    /// <summary>Reads the plan, if it is not known yet, without owning the run.</summary>
    public async Task ReadPlan(CancellationToken cancellationToken)
    {
        if (Plan is null && await RunStore.ReadHeadAsync(store, name, cancellationToken) is { Manifest: { } blob })
            await ReadPlan(await RunStore.ReadManifestAsync(store, blob, cancellationToken), cancellationToken);
    }

    /// <summary>Becomes the run's owner under a new generation, and reads what its manifest names.</summary>
    /// <returns>The run, and whether an owner before this activation was lost.</returns>
    /// <exception cref="RunEndedException">Another activation has stopped it, and nobody has started it since.</exception>
    public async Task<(RunStore Session, bool WasLost)> Take(CancellationToken cancellationToken)
    {
        var claim = new RunClaim(RunHeadStates.Running, cluster, IsLetGo)
        {
            Owner = _owner,
            Holder = Holder,
            OnlyOwn = _claim.IsOwner,
            Check = StoredRunStatus.CheckNotStopped,

            // A manifest that cannot be read is this owner's failure, too, and the store is to say so.
            Acquired = Own,
        };
        RunStore session;
        try
        {
            session = await RunStore.AcquireAsync(store, name, claim, cancellationToken);
        }
        catch (RunEndedException)
        {
            // Those who follow it here hear from its journal how it ended.
            _claim.HasTaken = false;
            await ReadEvents(() => false, cancellationToken);
            throw;
        }

        var manifest = session.Manifest ?? throw new InvalidDataFileException(name, $"the store at {store.Location} has no manifest of this run");
        if (!_first.FilesAreChecked) await CheckFiles(manifest, cancellationToken);
        _first.FilesAreChecked = true;
        await ReadPlan(manifest, cancellationToken);
        History = await RunHistory.Read(store, manifest, cancellationToken);
        Keeper = await ManifestKeeper.Read(store, session.Head, cancellationToken);
        Journal = await RunJournal.Read(store, session.Head, Journal, time, cancellationToken);
        var wasLost = _first.WasLost;
        _first.WasLost = false;
        return (session, wasLost);

        void Own(RunStore acquired)
        {
            _first.WasLost |= Session is null && acquired.Recovered;
            (Session, _claim, IsLetGo) = (acquired, (true, true), false);
        }
    }

    /// <summary>Whether a living cluster other than this one's works on it, though both may have one name.</summary>
    public async Task<bool> IsHeld()
    {
        try
        {
            await RunLease.CheckAsync(store, name, Holder, new LeaseOptions(), time, CancellationToken.None);
        }
        catch (RunHeldException e)
        {
            RunLog.Held(logger, name, e.Message);
            return true;
        }
        catch (InvalidDataFileException)
        {
            // Whoever takes the run says so.
        }

        return false;
    }

    /// <summary>Whether another owner has taken the run: then what looks like a damaged run has only moved on.</summary>
    public async Task<bool> IsReplaced()
    {
        try
        {
            return _claim.IsOwner && (await ReadHead())?.Owner != _owner;
        }
        catch (Exception e)
        {
            RunLog.HeadUnknown(logger, e, name);
            return false;
        }
    }

    // What it owns, where its journal is that of the last taking.
    private (RunStore Session, RunJournal Journal)? FindOwned() =>
        _claim.IsOwner && Session is { } session && Journal is { } journal && journal.Generation == session.Generation ? (session, journal) : null;

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
