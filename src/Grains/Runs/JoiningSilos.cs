using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// Silos that have come while a run trains. What does not train is loaded onto them first, so that taking them in stops the run only for what
/// does. Used within one grain's turns.
/// </summary>
internal sealed class JoiningSilos(StoredRun run, IGrainFactory grains, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(10);

    // How long after its pause a silo that failed has to show that it works now, before others may join it.
    private static readonly TimeSpan s_trial = TimeSpan.FromMinutes(1);

    private readonly HashSet<string> _ready = [];

    // How often they could not do what they were to, and when it was last tried.
    private readonly Dictionary<string, (int Failures, long Last)> _failed = [];

    // The plans with them that parts are, or were, loaded for since parts were last placed.
    private readonly List<StagePlan> _plans = [];

    // It owns neither a timer nor a handle.
    private CancellationTokenSource _life = new();
    private Task _loading = Task.CompletedTask;

    /// <summary>Whether parts are being loaded.</summary>
    public bool AreLoading => !_loading.IsCompleted;

    /// <summary>Whether a silo has what it can have before it is taken in.</summary>
    public bool IsReady(string silo) => _ready.Contains(silo);

    /// <summary>Whether a silo is left alone for now, because it could not do what it was to.</summary>
    public bool IsLeftOut(string silo) => _failed.TryGetValue(silo, out var failed) && time.GetElapsedTime(failed.Last) < PauseAfter(failed.Failures);

    /// <summary>Whether a silo could not do what it was to, and has not shown since then that it can.</summary>
    public bool HasFailed(string silo) => _failed.ContainsKey(silo);

    /// <summary>Whether silos that have failed before are used again, and have not shown yet that they work now: others had better not join them.</summary>
    public bool AreOnTrial(IReadOnlyList<SiloStage> stages) => stages.Any(
        s => _failed.TryGetValue(s.Silo, out var failed) && time.GetElapsedTime(failed.Last) < PauseAfter(failed.Failures) + s_trial);

    /// <summary>For how long a silo that failed is left alone.</summary>
    public TimeSpan PauseOf(string silo) => PauseAfter(_failed[silo].Failures);

    /// <summary>Of some silos, the one that has failed least often; the last of them in the order of their addresses.</summary>
    public string LeastFailed(IEnumerable<string> silos) =>
        silos.OrderDescending(StringComparer.Ordinal).MinBy(s => _failed.GetValueOrDefault(s).Failures)!;

    /// <summary>Leaves silos out that failed, if the others have room for the run.</summary>
    /// <param name="failed">The silos.</param>
    /// <param name="usable">The silos that the run may use.</param>
    /// <param name="fits">Whether silos have room for the run.</param>
    /// <param name="untilProven">Whether only others count that have not failed themselves, or have shown since that they work.</param>
    /// <returns>Whether they are left out.</returns>
    public bool LeaveOut(
        IReadOnlySet<string> failed, IReadOnlyList<TrainingSilo> usable, Func<IReadOnlyList<TrainingSilo>, bool> fits, bool untilProven)
    {
        TrainingSilo[] others =
            [.. usable.Where(s => !failed.Contains(s.Address) && !(untilProven ? HasFailed(s.Address) : IsLeftOut(s.Address)))];
        if (failed.Count == 0 || others.Length == 0 || !fits(others)) return false;

        // Not for equally long: which of them it is shows when they come back one by one.
        foreach (var (silo, place) in failed.Order(StringComparer.Ordinal).Select((s, i) => (s, i))) Failed(silo, place + 1);
        return true;
    }

    /// <summary>Begins to load.</summary>
    /// <param name="silos">The silos.</param>
    /// <param name="plan">A plan with them.</param>
    /// <param name="current">The parts that train.</param>
    /// <param name="loaded">Told how the parts were loaded.</param>
    public void Begin(IReadOnlyList<string> silos, StagePlan plan, Pipeline current, Action<PartLoaded[]> loaded)
    {
        _plans.Add(plan);
        _life = new CancellationTokenSource();
        _loading = Load(silos, plan, current, loaded, _life.Token);
    }

    /// <summary>Parts are placed anew: the run uses what was loaded, or has let go of it.</summary>
    public void Placed() => _plans.Clear();

    /// <summary>Silos have shown that they can do what they are to.</summary>
    /// <param name="stages">Where the parts are.</param>
    public void Proven(IReadOnlyList<SiloStage> stages)
    {
        foreach (var stage in stages) _failed.Remove(stage.Silo);
    }

    /// <summary>Lets go of what was loaded onto silos that do not work on the run: one of them leaves, or the run has ended.</summary>
    /// <param name="used">The stages that the run has.</param>
    public async Task Release(IReadOnlyList<SiloStage> used)
    {
        if (_plans.Count == 0) return;
        var (plans, generation) = (_plans.ToArray(), run.Session!.Generation);
        _plans.Clear();
        await _life.CancelAsync();
        await _loading;
        await Task.WhenAll(
            plans.SelectMany(p => p.Stages).Select(s => s.Silo).Distinct().Where(silo => used.All(s => s.Silo != silo))
                .Select(silo => Unload(plans, silo, generation)));
    }

    /// <summary>Lets go of what was loaded onto a silo that leaves.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="used">The stages that the run has.</param>
    public Task Leave(string silo, IReadOnlyList<SiloStage> used) => _plans.Exists(p => p.Uses(silo)) ? Release(used) : Task.CompletedTask;

    // Ready at one time: a plan with only some of them would put other parts on these than were loaded.
    private async Task Load(
        IReadOnlyList<string> silos, StagePlan plan, Pipeline current, Action<PartLoaded[]> loaded, CancellationToken cancellationToken)
    {
        var generation = run.Session!.Generation;
        var parts = new Pipeline(grains, run.Plan!, plan, generation, new SiloSpeeds());
        var have = await Task.WhenAll(silos.Select(silo => Load(silo, parts, current, loaded, cancellationToken)));

        // Meanwhile, what the first had may have been let go of.
        if (!cancellationToken.IsCancellationRequested && run.Session!.Generation == generation) _ready.UnionWith(silos.Where((_, i) => have[i]));
    }

    // Whether the silo has what it is to.
    private async Task<bool> Load(string silo, Pipeline parts, Pipeline current, Action<PartLoaded[]> loaded, CancellationToken cancellationToken)
    {
        var session = run.Session!;
        try
        {
            // What others hand over to it, it could train, but not save.
            if (HasFailed(silo) && !await grains.GetGrain<ISiloGrain>(silo).ReachesStore().WaitAsync(cancellationToken))
                throw new IOException($"{silo} does not reach the store");
            loaded(await parts.LoadAhead(session.Manifest!, silo, current, cancellationToken));
            return true;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested || run.Session!.Generation != session.Generation)
        {
            // What was loaded is being let go of, or another generation uses it.
            return false;
        }
        catch (Exception e)
        {
            Failed(silo);
            RunLog.NotLoadedAhead(logger, e, run.Name, silo, PauseOf(silo).TotalSeconds);
            await new PartReleases(run.Name, time, logger).Try(() => Unload([parts.Stages], silo, session.Generation));
            return false;
        }
    }

    // For some time, longer after each failure.
    private void Failed(string silo, int times = 1)
    {
        _ready.Remove(silo);
        _failed[silo] = (_failed.GetValueOrDefault(silo).Failures + times, time.GetTimestamp());
    }

    private Task Unload(IEnumerable<StagePlan> plans, string silo, long generation) => Task.WhenAll(
        from part in plans.SelectMany(p => p.Stages).Where(s => s.Silo == silo).SelectMany(s => s.Parts).Distinct()
        select PartGrains.Get(grains, run.Name, part, silo).Unload(generation));

    private static TimeSpan PauseAfter(int failures)
    {
        var pause = s_firstPause * Math.Pow(2, Math.Min(failures - 1, 10));
        return pause < s_longestPause ? pause : s_longestPause;
    }
}
