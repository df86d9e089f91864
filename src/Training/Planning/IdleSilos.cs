namespace LisaOrleans.Training;

/// <summary>
/// The silos of a run that were too slow to get any work. As nothing more is measured of them, they are tried again after some steps; each
/// time that they are still too slow, after twice as many.
/// </summary>
internal sealed class IdleSilos
{
    /// <summary>Measured steps of a trial after which it is known how fast the silo is.</summary>
    public const int TrialSteps = 3;

    // Steps without work before the first trial.
    private const int FirstPatience = 10;

    // A silo has passed its trial when it has worked for so many times the steps that it had been without work.
    private const int Proof = 4;

    // For how many steps each is left without work, for how many it has been, and for how many it has worked since its trial began.
    private readonly Dictionary<string, (int Patience, int Idle, int Tried)> _silos = [];

    /// <summary>For how many steps silos are left without work whose trials have failed.</summary>
    public IReadOnlyDictionary<string, int> Patience =>
        _silos.Where(s => s.Value.Patience > FirstPatience).ToDictionary(s => s.Key, s => s.Value.Patience);

    /// <summary>Whether any silo is to be tried.</summary>
    public bool AreDue => _silos.Keys.Any(IsDue);

    /// <summary>Whether any silo is on trial, and has been measured.</summary>
    public bool AreTried => _silos.Values.Any(s => s.Tried >= TrialSteps);

    /// <summary>Whether a silo is to be tried.</summary>
    public bool IsDue(string silo) => _silos.TryGetValue(silo, out var found) && found.Idle >= found.Patience;

    /// <summary>A silo has worked for a step; returns whether a trial begins with that.</summary>
    public bool Work(string silo)
    {
        if (!_silos.TryGetValue(silo, out var found)) return false;
        var begins = IsDue(silo);
        if (found.Tried >= Proof * found.Patience) _silos.Remove(silo);
        else _silos[silo] = (found.Patience, 0, begins ? 1 : found.Tried > 0 ? found.Tried + 1 : 0);
        return begins;
    }

    /// <summary>A silo has had nothing to do for a step.</summary>
    public void Rest(string silo)
    {
        Fail(silo);
        var (patience, idle, _) = _silos.GetValueOrDefault(silo, (FirstPatience, 0, 0));
        _silos[silo] = (patience, idle + 1, 0);
    }

    /// <summary>Other silos are to work from now on; returns whether that is because of a trial, which begins or has failed.</summary>
    /// <param name="plan">What they are to do.</param>
    public bool Move(StagePlan plan)
    {
        string[] tried = [.. _silos.Where(s => s.Value.Tried > 0).Select(s => s.Key)];
        string[] failed = [.. tried.Where(s => !plan.Uses(s))];
        var isTrial = failed.Length > 0 || Tries(plan);
        foreach (var silo in failed) Fail(silo);

        // Its work was dealt anew by what was found.
        if (!isTrial) foreach (var silo in tried) _silos.Remove(silo);
        return isTrial;
    }

    /// <summary>Whether a plan gives work to silos that are to be tried.</summary>
    public bool Tries(StagePlan plan) => _silos.Keys.Any(s => IsDue(s) && plan.Uses(s));

    /// <summary>Takes over for how long silos are left without work of which nothing is known here.</summary>
    /// <param name="patience">What <see cref="Patience"/> said.</param>
    public void Recall(IReadOnlyDictionary<string, int> patience)
    {
        foreach (var (silo, steps) in patience) _silos.TryAdd(silo, (steps, 0, 0));
    }

    /// <summary>A silo is gone.</summary>
    public void Forget(string silo) => _silos.Remove(silo);

    private void Fail(string silo)
    {
        if (_silos.TryGetValue(silo, out var found) && found.Tried > 0) _silos[silo] = (2 * found.Patience, 0, 0);
    }
}
