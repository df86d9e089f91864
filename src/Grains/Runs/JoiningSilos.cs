using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// Silos that have come while a run trains. What does not train is loaded onto them first, so that taking them in stops the run only for what
/// does. Used within one grain's turns.
/// </summary>
internal sealed class JoiningSilos(StoredRun run, IGrainFactory grains, ILogger logger)
{
    private readonly HashSet<string> _ready = [];

    // The plans with them that parts are, or were, loaded for since parts were last placed.
    private readonly List<StagePlan> _plans = [];

    // It owns neither a timer nor a handle.
    private CancellationTokenSource _life = new();
    private Task _loading = Task.CompletedTask;

    /// <summary>Whether parts are being loaded.</summary>
    public bool AreLoading => !_loading.IsCompleted;

    /// <summary>Whether a silo has what it can have before it is taken in.</summary>
    public bool IsReady(string silo) => _ready.Contains(silo);

    /// <summary>Begins to load; what fails is loaded when the silos are taken in.</summary>
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
            from silo in plans.SelectMany(p => p.Stages).GroupBy(s => s.Silo)
            where used.All(s => s.Silo != silo.Key)
            from part in silo.SelectMany(s => s.Parts).Distinct()
            select PartGrains.Get(grains, run.Name, part, silo.Key).Unload(generation));
    }

    /// <summary>Lets go of what was loaded onto a silo that leaves.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="used">The stages that the run has.</param>
    public Task Leave(string silo, IReadOnlyList<SiloStage> used) => _plans.Exists(p => p.Uses(silo)) ? Release(used) : Task.CompletedTask;

    private async Task Load(
        IReadOnlyList<string> silos, StagePlan plan, Pipeline current, Action<PartLoaded[]> loaded, CancellationToken cancellationToken)
    {
        var session = run.Session!;
        try
        {
            var parts = new Pipeline(grains, run.Plan!, plan, session.Generation, new SiloSpeeds());
            loaded(await parts.LoadAhead(session.Manifest!, current, cancellationToken));
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            RunLog.NotLoadedAhead(logger, e, run.Name);
        }

        _ready.UnionWith(silos);
    }
}
