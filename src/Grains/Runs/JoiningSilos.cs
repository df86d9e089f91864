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

    private readonly HashSet<string> _ready = [];

    // How often they could not load what they were to, and when it was last tried.
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

    /// <summary>Whether a silo is left alone for now, because it could not load what it was to.</summary>
    public bool IsLeftOut(string silo) => _failed.TryGetValue(silo, out var failed) && time.GetElapsedTime(failed.Last) < PauseAfter(failed.Failures);

    /// <summary>Leaves silos out that a generation could not load, if they held nothing, and others do on which the run may stay.</summary>
    /// <param name="failed">The silos.</param>
    /// <param name="before">Where the parts were.</param>
    /// <param name="usable">The silos that the run may use.</param>
    /// <param name="fits">Whether silos have room for the run.</param>
    /// <returns>Whether they are left out.</returns>
    public bool LeaveOut(
        IReadOnlySet<string> failed, StagePlan before, IReadOnlyList<TrainingSilo> usable, Func<IReadOnlyList<TrainingSilo>, bool> fits)
    {
        if (failed.Count == 0 || failed.Any(before.Uses)) return false;
        TrainingSilo[] others = [.. usable.Where(s => !failed.Contains(s.Address))];
        if (!others.Any(s => before.Uses(s.Address)) || !fits(others)) return false;
        foreach (var silo in failed) Failed(silo);
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
    /// <param name="stages">Where they are. These silos can load what they are to.</param>
    public void Placed(IReadOnlyList<SiloStage> stages)
    {
        _plans.Clear();
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
            RunLog.NotLoadedAhead(logger, e, run.Name, silo, PauseAfter(_failed[silo].Failures).TotalSeconds);
            await new PartReleases(run.Name, time, logger).Try(() => Unload([parts.Stages], silo, session.Generation));
            return false;
        }
    }

    // For some time, longer after each failure.
    private void Failed(string silo)
    {
        _ready.Remove(silo);
        _failed[silo] = (_failed.GetValueOrDefault(silo).Failures + 1, time.GetTimestamp());
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
