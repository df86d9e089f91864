namespace LisaOrleans.Training;

/// <summary>
/// On which silos the parts of a simulated run are to be, as a run decides it: a silo that has just come is taken in when it has loaded what
/// it can beside the steps.
/// </summary>
/// <param name="planner">Plans the run.</param>
/// <param name="cluster">The silos that are there.</param>
/// <param name="events">The time, and what comes.</param>
/// <param name="loads">How long parts take to load.</param>
internal sealed class SimulatedPlacement(RunPlanner planner, SimulatedCluster cluster, EventQueue events, LoadTimes loads)
{
    // The silos that have what they can have before they are taken in, what they loaded for that, and whether some are still loading.
    private readonly HashSet<string> _ready = [];
    private readonly HashSet<(string Silo, string Part)> _ahead = [];
    private bool _loadsAhead;
    private int _loading;

    // Where parts were last to be, and for which silos that was planned.
    private StagePlan? _placed;
    private PlannedRun? _chosen;
    private HashSet<string> _plannedFor = [];

    /// <value>Whether another plan may be better: silos have come, gone or loaded what they could since that was last asked.</value>
    public bool IsChanged { get; set; }

    /// <summary>What silos that join have loaded already.</summary>
    public IReadOnlySet<(string Silo, string Part)> Ahead => _ahead;

    /// <summary>Whether the silos that may have parts are those of the last plan.</summary>
    public bool IsForThose => _plannedFor.SetEquals(Ready.Select(s => s.Name));

    private IReadOnlyList<(string Name, int Kind)> Usable => cluster.Usable(_placed);

    private IReadOnlyList<(string Name, int Kind)> Ready
    {
        get
        {
            var (usable, placed) = (Usable, (_placed?.Stages ?? []).Select(s => s.Silo).ToHashSet());
            (string Name, int Kind)[] ready =
            [
                .. usable.Where(s => placed.Contains(s.Name) || _plannedFor.Contains(s.Name) || _ready.Contains(s.Name)),
            ];
            return ready.Length > 0 ? ready : usable;
        }
    }

    // On silos that the others take to be there.
    private StagePlan? Held => _placed?.On(_placed.Stages.Select(s => s.Silo).Where(cluster.IsMember).ToHashSet());

    /// <summary>The plan for the silos that are ready, or where they have no room for all that there are; null where there is none.</summary>
    public PlannedRun? Choose()
    {
        var ready = Ready;
        return Choose(ready) ?? (Usable is { } usable && usable.Count > ready.Count ? Choose(usable) : null);
    }

    /// <summary>Parts are on their way to where a plan has them.</summary>
    public void Place(StagePlan plan) => _placed = plan;

    /// <summary>They are there.</summary>
    public void Loaded()
    {
        _ahead.Clear();
        IsChanged = true;
    }

    /// <summary>Lets silos that have come load what they can beside the steps.</summary>
    /// <param name="current">Where parts are.</param>
    public void TakeIn(StagePlan current)
    {
        string[] joining = [.. Usable.Except(Ready).Select(s => s.Name)];
        if (_loadsAhead || joining.Length == 0 || planner.Plan(Usable, Held) is not { Plan: var plan }) return;
        var parts = loads.PartsAhead(plan, current).ToArray();
        var loading = ++_loading;
        _loadsAhead = true;
        events.At(events.Now + loads.Ahead(parts, current), () =>
        {
            if (loading != _loading) return;
            _loadsAhead = false;
            _ready.UnionWith(joining);
            _ahead.UnionWith(parts);
            IsChanged = true;
        });
    }

    /// <summary>The run's grain may be on another silo now, where it knows what the journal says.</summary>
    /// <param name="held">Where the journal says that parts are.</param>
    public void Lead(StagePlan? held)
    {
        var before = cluster.Leader;
        cluster.Lead();
        if (cluster.Leader == before) return;
        _loading++;
        _loadsAhead = false;
        _ready.Clear();
        _ahead.Clear();
        _plannedFor = [];
        (_placed, _chosen) = (held, null);
    }

    private PlannedRun? Choose(IReadOnlyList<(string Name, int Kind)> silos)
    {
        var now = silos.Select(s => s.Name).ToHashSet();
        var same = now.SetEquals(_plannedFor);
        _plannedFor = now;
        if (planner.Plan(silos, Held) is not { } best) return null;
        if (!same || _chosen is null || planner.IsWorthMoving(silos, _chosen, best)) _chosen = best;
        return _chosen;
    }
}
