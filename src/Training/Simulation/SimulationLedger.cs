namespace LisaOrleans.Training;

/// <summary>Counts what a simulated run does, and on what it spends its time.</summary>
internal sealed class SimulationLedger(RunPlanner planner)
{
    private readonly Dictionary<SimulatedTime, double> _spent = Enum.GetValues<SimulatedTime>().ToDictionary(t => t, _ => 0.0);

    // Steps that no manifest has yet, and how long each took.
    private readonly Queue<(long Step, double Seconds)> _unsaved = [];

    private double _since;
    private double _machinesSince;
    private double _machineSeconds;
    private double _possible;
    private double _longestWait;

    public Dictionary<string, int> Counts { get; } = [];

    public long LostSteps { get; private set; }

    public void Count(string what) => Counts[what] = Counts.GetValueOrDefault(what) + 1;

    /// <summary>All time since the last call went into this.</summary>
    public double Spend(SimulatedTime kind, double now)
    {
        var seconds = now - _since;
        _since = now;
        _spent[kind] += seconds;
        if (kind == SimulatedTime.Waiting) _longestWait = Math.Max(_longestWait, seconds);
        return seconds;
    }

    /// <summary>All time since the last call went into a step, which is committed.</summary>
    public void Commit(long step, double now) => _unsaved.Enqueue((step, Spend(SimulatedTime.Training, now)));

    /// <summary>A manifest has all steps up to this one.</summary>
    public void Saved(long step)
    {
        Count(nameof(SimulationResult.Saves));
        while (_unsaved.TryPeek(out var first) && first.Step <= step) _unsaved.Dequeue();
    }

    /// <summary>The steps that no manifest has are lost.</summary>
    public void Lose()
    {
        LostSteps += _unsaved.Count;
        var seconds = _unsaved.Sum(s => s.Seconds);
        _spent[SimulatedTime.Training] -= seconds;
        _spent[SimulatedTime.Repeated] += seconds;
        _unsaved.Clear();
    }

    /// <summary>Until now there were these machines.</summary>
    public void Machines(SimulatedCluster cluster, double now)
    {
        var seconds = now - _machinesSince;
        _machinesSince = now;
        if (seconds == 0) return;
        _machineSeconds += seconds * cluster.Alive;
        if (planner.Timing([.. cluster.Living]) is { } best) _possible += seconds / best.Seconds;
    }

    public SimulationResult Result(long steps, double now) => new()
    {
        Seconds = now,
        Steps = steps,
        LostSteps = LostSteps,
        PossibleSteps = _possible,
        Kills = Counts.GetValueOrDefault(nameof(SimulationResult.Kills)),
        Notices = Counts.GetValueOrDefault(nameof(SimulationResult.Notices)),
        Joins = Counts.GetValueOrDefault(nameof(SimulationResult.Joins)),
        Recoveries = Counts.GetValueOrDefault(nameof(SimulationResult.Recoveries)),
        Moves = Counts.GetValueOrDefault(nameof(SimulationResult.Moves)),
        Saves = Counts.GetValueOrDefault(nameof(SimulationResult.Saves)),
        MachineHours = _machineSeconds / 3600,
        LongestWait = _longestWait,
        Spent = _spent,
    };
}
