using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// How fast the silos of a run have been: multiply-adds of decoder layers in a second of their devices' own time, a moving average for
/// each silo. Plans give slow silos less. Bits never depend on it.
/// </summary>
/// <remarks>
/// Only decoder layers are measured, because they are alike: whoever has the head does other arithmetic at another speed.
/// What is measured varies all the time, so it is rounded, and a plan that it led to stays for a number of steps that doubles with each.
/// </remarks>
public sealed class SiloSpeeds
{
    // Steps after parts were loaded whose times don't count: code is compiled, and memory touched for the first time.
    private const int Settling = 2;

    // Steps that the average goes back.
    private const int Window = 16;

    // Steps that must have been measured before a plan is changed for the first time.
    private const int FirstPatience = 10;

    // Speeds are rounded to so many for a factor of two.
    private const int Grades = 8;

    private readonly Dictionary<string, (double SecondsPer, int Steps)> _known = [];

    // For how many steps silos that were measured have had nothing to do.
    private readonly Dictionary<string, int> _idle = [];
    private int _patience = FirstPatience;
    private int _steps;

    /// <summary>Multiply-adds a second, by silo, of those that were measured.</summary>
    public IReadOnlyDictionary<string, double> Measured => _known.ToDictionary(s => s.Key, s => 1 / s.Value.SecondsPer);

    /// <summary>Whether the present plan has had time enough.</summary>
    public bool MayMove => _steps - Settling >= _patience;

    /// <summary>Parts were loaded: the first steps that follow do not count.</summary>
    public void Loaded() => _steps = 0;

    /// <summary>A plan was changed because of the speeds: the next one has twice the time.</summary>
    public void Moved() => _patience *= 2;

    /// <summary>There are other silos: forgets those that are gone, and how often plans were changed.</summary>
    /// <param name="silos">Those that there are.</param>
    public void Begin(IReadOnlyList<TrainingSilo> silos)
    {
        _patience = FirstPatience;
        foreach (var gone in _known.Keys.Except(silos.Select(s => s.Address)).ToArray()) Forget(gone);
    }

    /// <summary>Takes over what was measured of silos by somebody else, of whom nothing is known here.</summary>
    /// <param name="measured">What <see cref="Measured"/> said.</param>
    public void Recall(IReadOnlyDictionary<string, double> measured)
    {
        foreach (var (silo, speed) in measured) _known.TryAdd(silo, (1 / speed, Window));
    }

    /// <summary>Counts a step.</summary>
    /// <param name="stages">For each stage its silo, its multiply-adds in decoder layers, and the seconds that they took; 0 where unknown.</param>
    public void Add(IEnumerable<(string Silo, double Arithmetic, double Seconds)> stages)
    {
        if (++_steps <= Settling) return;
        var worked = new HashSet<string>();
        foreach (var (silo, arithmetic, seconds) in stages)
        {
            if (arithmetic <= 0 || seconds <= 0) continue;
            var (before, steps) = _known.GetValueOrDefault(silo);
            steps = Math.Min(steps + 1, Window);
            _known[silo] = (before + (((seconds / arithmetic) - before) / steps), steps);
            _idle.Remove(silo);
            worked.Add(silo);
        }

        // Whoever was once too slow for any layer would never be measured again.
        foreach (var silo in _known.Keys.Except(worked).ToArray())
            if ((_idle[silo] = _idle.GetValueOrDefault(silo) + 1) >= _patience) Forget(silo);
    }

    /// <summary>
    /// Silos with their speeds relative to the median, rounded. One that was not measured counts as the median.
    /// </summary>
    public IReadOnlyList<TrainingSilo> Of(IReadOnlyList<TrainingSilo> silos)
    {
        string[] known = [.. silos.Select(s => s.Address).Where(_known.ContainsKey)];
        if (known.Length == 0) return silos;
        var speeds = known.Zip(Relative([.. known.Select(s => _known[s].SecondsPer)])).ToDictionary(s => s.First, s => s.Second);
        return [.. silos.Select(s => speeds.TryGetValue(s.Address, out var speed) ? s with { Speed = speed } : s)];
    }

    /// <summary>Speeds relative to the median, rounded.</summary>
    /// <param name="secondsPer">Seconds that each takes for the same arithmetic, above 0; at least one.</param>
    internal static double[] Relative(IReadOnlyList<double> secondsPer)
    {
        double[] sorted = [.. secondsPer.Order()];
        var median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        return [.. secondsPer.Select(s => Rounded(median / s))];
    }

    /// <summary>Multiply-adds for each token that goes forward and backward through decoder layers, as they train in a period.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="period">What trains.</param>
    /// <param name="parts">The parts, of which only decoder layers count.</param>
    public static double Arithmetic(ModelConfig config, TrainingSpec spec, PeriodPlan period, IEnumerable<string> parts)
    {
        // Gradients go back to the first part that trains.
        var first = period.Of(PartName.Embedding) != PartTraining.Frozen
            ? -1
            : Enumerable.Range(0, config.NumHiddenLayers).FirstOrDefault(i => Trains(i), config.NumHiddenLayers);
        return parts.Select(PartName.LayerIndex).OfType<int>().Sum(i => Passes(i) * (double)config.WeightsPerToken(i));

        // Forward; back, and before that forward again where activations are not kept; and for the gradients of weights.
        int Passes(int layer) => 1
            + (layer < first ? 0 : spec.GradientCheckpointing ? 2 : 1)
            + (period.Of(PartName.Layer(layer)) == PartTraining.Whole ? 1 : 0);

        bool Trains(int layer) => period.Of(PartName.Layer(layer)) is PartTraining.Whole or PartTraining.Adapters;
    }

    private void Forget(string silo)
    {
        _known.Remove(silo);
        _idle.Remove(silo);
    }

    private static double Rounded(double speed) => Math.Pow(2, Math.Round(Math.Log2(speed) * Grades) / Grades);
}
