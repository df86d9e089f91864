namespace LisaOrleans.Training;

/// <content>On which silos parts are to be, as a run decides it: one that has just come is taken in when it has loaded what it can.</content>
public sealed partial class RunSimulation
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

    private IReadOnlyList<(string Name, int Kind)> Usable => _cluster.Usable(_placed);

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
    private StagePlan? Held => _placed?.On(_placed.Stages.Select(s => s.Silo).Where(_cluster.IsMember).ToHashSet());

    private PlannedRun? Choose()
    {
        var ready = Ready;
        return Choose(ready) ?? (Usable is { } usable && usable.Count > ready.Count ? Choose(usable) : null);
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

    private bool ShouldMove()
    {
        if (!_changed) return false;
        _changed = false;
        if (_plannedFor.SetEquals(Ready.Select(s => s.Name)))
        {
            TakeIn();
            return false;
        }

        // Others may still be waiting to be taken in.
        _changed = true;
        return Choose() is not { Plan: var best } || !best.SameAs(_planned!.Plan);
    }

    private void TakeIn()
    {
        string[] joining = [.. Usable.Except(Ready).Select(s => s.Name)];
        if (_loadsAhead || joining.Length == 0 || planner.Plan(Usable, Held) is not { Plan: var plan }) return;
        var parts = _loads.PartsAhead(plan, _planned!.Plan).ToArray();
        var loading = ++_loading;
        _loadsAhead = true;
        _events.At(Now + _loads.Ahead(parts, _planned.Plan), () =>
        {
            if (loading != _loading) return;
            _loadsAhead = false;
            _ready.UnionWith(joining);
            _ahead.UnionWith(parts);
            _changed = true;
        });
    }

    // The run's grain is on another silo, where it knows what the journal says.
    private void Lead()
    {
        var before = _cluster.Leader;
        _cluster.Lead();
        if (_cluster.Leader == before) return;
        _loading++;
        _loadsAhead = false;
        _ready.Clear();
        _ahead.Clear();
        _plannedFor = [];
        (_placed, _chosen) = (_held?.Plan, null);
    }
}
