namespace LisaOrleans.Training;

/// <summary>The silos of a simulation: who is there, of whom the others think so, and who is about to leave.</summary>
internal sealed class SimulatedCluster
{
    private readonly SortedDictionary<string, int> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _alive = [];
    private readonly HashSet<string> _leaving = [];
    private readonly Dictionary<string, int> _joins = [];

    /// <summary>The silo with the run's grain; null while there is none.</summary>
    public string? Leader { get; private set; }

    /// <summary>Machines that are there.</summary>
    public int Alive => _alive.Count;

    /// <summary>Machines that are there, in the order of their names, with their kinds.</summary>
    public IEnumerable<(string Name, int Kind)> Living => _members.Where(m => _alive.Contains(m.Key)).Select(m => (m.Key, m.Value));

    public bool IsAlive(string silo) => _alive.Contains(silo);

    public bool IsMember(string silo) => _members.ContainsKey(silo);

    /// <summary>The silo of a machine's latest stay: whoever comes back under an old name is another silo, and holds nothing.</summary>
    public string SiloOf(string machine) => $"{machine}#{_joins.GetValueOrDefault(machine)}";

    /// <summary>A machine comes, maybe before the others know that one of its name is gone.</summary>
    /// <exception cref="InvalidOperationException">It is there already, and is not about to leave.</exception>
    public void Join(string machine, int kind)
    {
        var before = SiloOf(machine);
        if (_alive.Contains(before) && !_leaving.Contains(before)) throw new InvalidOperationException($"machine '{machine}' is there already");
        _joins[machine] = _joins.GetValueOrDefault(machine) + 1;
        var silo = SiloOf(machine);
        _members.Add(silo, kind);
        _alive.Add(silo);
    }

    /// <summary>A machine is gone; the others do not know yet.</summary>
    public void Die(string silo) => _alive.Remove(silo);

    /// <summary>A machine is gone, and the others know.</summary>
    public void Remove(string silo)
    {
        _members.Remove(silo);
        _alive.Remove(silo);
        _leaving.Remove(silo);
        if (Leader == silo) Leader = null;
    }

    /// <summary>A machine will go.</summary>
    public void Announce(string silo) => _leaving.Add(silo);

    /// <summary>Those that will go and are still there.</summary>
    public IReadOnlyList<string> Leaving => [.. _leaving.Where(_alive.Contains)];

    /// <summary>The run's grain is somewhere, if there is a silo for it.</summary>
    public void Lead()
    {
        if (Leader is not null && _alive.Contains(Leader) && !_leaving.Contains(Leader)) return;
        Leader = _members.Keys.FirstOrDefault(s => _alive.Contains(s) && !_leaving.Contains(s));
    }

    /// <summary>The run's grain is on this silo, or it is not.</summary>
    public void Lead(string silo, bool leads)
    {
        if (leads) Leader = silo;
        else if (Leader == silo) Leader = _members.Keys.FirstOrDefault(s => s != silo && _alive.Contains(s));
    }

    /// <summary>The silos to plan for, as a run orders them: those with stages keep their places, others come after them.</summary>
    public IReadOnlyList<(string Name, int Kind)> Usable(StagePlan? placed)
    {
        var place = new Dictionary<string, int>();
        foreach (var stage in placed?.Stages ?? []) place.TryAdd(stage.Silo, place.Count);
        return
        [
            .. _members.Where(m => !_leaving.Contains(m.Key)).Select(m => (m.Key, m.Value))
                .OrderBy(m => place.TryGetValue(m.Key, out var at) ? at : int.MaxValue),
        ];
    }
}
