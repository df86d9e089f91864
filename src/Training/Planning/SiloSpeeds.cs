using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// How fast the silos of a run have been: multiply-adds of decoder layers in a second of their devices' own time, a moving average for
/// each silo. Plans give slow silos less. Bits never depend on it.
/// </summary>
/// <remarks>
/// Only decoder layers are measured, because they are alike: whoever has the head does other arithmetic at another speed.
/// What is measured varies all the time, so it is rounded, and a plan that it led to stays for a number of steps that doubles with each.
/// A silo that is too slow for any work is tried again now and then, which is undone as soon as it is found to be so still.
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

    // Those that were measured and now have nothing to do.
    private readonly IdleSilos _idle = new();

    // The silos as they were when plans were last compared for them, and whether any plan might have taken the present one's place.
    private (bool Any, IReadOnlyList<TrainingSilo> Silos) _compared = (false, []);
    private int _patience = FirstPatience;
    private int _steps;

    /// <summary>Multiply-adds a second, by silo, of those that were measured.</summary>
    public IReadOnlyDictionary<string, double> Measured => _known.ToDictionary(s => s.Key, s => 1 / s.Value.SecondsPer);

    /// <summary>For how many steps silos that are too slow for any work are left without it, where that is longer than at first.</summary>
    public IReadOnlyDictionary<string, int> Patience => _idle.Patience;

    /// <summary>The silos with the speeds for which plans were last compared.</summary>
    public IReadOnlyList<TrainingSilo> Compared => _compared.Silos;

    /// <summary>Whether the present plan has had time enough.</summary>
    public bool MayMove => HaveCounted(_patience);

    /// <summary>Whether a silo is tried that was too slow before, and it is known by now how fast it is.</summary>
    public bool AreTried => _idle.AreTried && HaveCounted(IdleSilos.TrialSteps);

    /// <summary>Parts were loaded: the first steps that follow do not count.</summary>
    public void Loaded() => _steps = 0;

    /// <summary>A plan was changed because of the speeds: the next one has twice the time, unless that begins or undoes a trial.</summary>
    /// <param name="next">The next one.</param>
    public void Moved(StagePlan next)
    {
        if (!_idle.Move(next)) _patience *= 2;
    }

    /// <summary>There are other silos: forgets those that are gone, and how often plans were changed.</summary>
    /// <param name="silos">Those that there are.</param>
    public void Begin(IReadOnlyList<TrainingSilo> silos)
    {
        _patience = FirstPatience;
        foreach (var gone in _known.Keys.Except(silos.Select(s => s.Address)).ToArray())
        {
            _known.Remove(gone);
            _idle.Forget(gone);
        }
    }

    /// <summary>Takes over what was found of silos by somebody else, of whom nothing is known here.</summary>
    /// <param name="measured">What <see cref="Measured"/> said.</param>
    /// <param name="patience">What <see cref="Patience"/> said.</param>
    public void Recall(IReadOnlyDictionary<string, double> measured, IReadOnlyDictionary<string, int> patience)
    {
        foreach (var (silo, speed) in measured) _known.TryAdd(silo, (1 / speed, Window));
        _idle.Recall(patience);
    }

    /// <summary>A plan that is worth moving for, by what the silos have been found to do; null where there is none now.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="silos">The silos.</param>
    /// <param name="current">The present plan.</param>
    /// <param name="held">Where parts are; null where that is not known.</param>
    public StagePlan? FindBetter(
        ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, StagePlan current, StagePlan? held)
    {
        var any = MayMove || AreTried;
        if (!any && !(_idle.AreDue && HaveCounted(FirstPatience))) return null;
        var now = Of(silos, spec.Threads);
        if (now.Count < 2 || (any == _compared.Any && now.SequenceEqual(_compared.Silos))) return null;
        _compared = (any, now);
        var best = ReplicaPlanner.Plan(config, spec, now, held);
        return ReplicaPlanner.IsWorthMoving(config, spec, now, current, best) && (any || _idle.Tries(best)) ? best : null;
    }

    /// <summary>Counts a step.</summary>
    /// <param name="stages">For each stage its silo, its multiply-adds in decoder layers, and the seconds that they took; 0 where unknown.</param>
    public void Add(IEnumerable<(string Silo, double Arithmetic, double Seconds)> stages)
    {
        if (++_steps <= Settling) return;
        var used = new HashSet<string>();
        foreach (var (silo, arithmetic, seconds) in stages)
        {
            used.Add(silo);
            if (arithmetic <= 0 || seconds <= 0) continue;
            if (_idle.Work(silo)) _known.Remove(silo);
            var (before, steps) = _known.GetValueOrDefault(silo);
            steps = Math.Min(steps + 1, Window);
            _known[silo] = (before + (((seconds / arithmetic) - before) / steps), steps);
        }

        // Whoever was once too slow for any layer would never be measured again.
        foreach (var silo in _known.Keys.Except(used)) _idle.Rest(silo);
    }

    /// <summary>
    /// Silos with their speeds relative to the median, rounded. One that was not measured counts as the median of its kind, and so does one
    /// that is to be tried again, unless it was faster. Where no silo of its kind was measured, how fast that is beside the other is guessed.
    /// </summary>
    /// <param name="silos">The silos.</param>
    /// <param name="threads">Intra-op threads of the run. Default 1.</param>
    public IReadOnlyList<TrainingSilo> Of(IReadOnlyList<TrainingSilo> silos, int threads = 1)
    {
        TrainingSilo[] known = [.. silos.Where(s => _known.ContainsKey(s.Address) && !_idle.IsDue(s.Address))];
        if (known.Length == 0) return silos;
        var median = MedianOf(known);
        return [.. silos.Select(s => s with { Speed = SpeedOf(s) })];

        double SpeedOf(TrainingSilo silo)
        {
            var own = _known.TryGetValue(silo.Address, out var found) ? Rounded(median / found.SecondsPer) : 0;
            return known.Contains(silo) ? own : Math.Max(own, OfKind(silo.OnGpu));
        }

        double OfKind(bool onGpu)
        {
            TrainingSilo[] alike = [.. known.Where(s => s.OnGpu == onGpu)];
            return alike.Length > 0
                ? Rounded(median / MedianOf(alike))
                : ReplicaPlanner.Rate(onGpu, threads) / ReplicaPlanner.Rate(!onGpu, threads);
        }

        double MedianOf(TrainingSilo[] measured) => Median([.. measured.Select(s => _known[s.Address].SecondsPer)]);
    }

    /// <summary>Speeds relative to the median, rounded.</summary>
    /// <param name="secondsPer">Seconds that each takes for the same arithmetic, above 0; at least one.</param>
    internal static double[] Relative(IReadOnlyList<double> secondsPer)
    {
        var median = Median(secondsPer);
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

    private bool HaveCounted(int steps) => _steps - Settling >= steps;

    private static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Rounded(double speed) => Math.Pow(2, Math.Round(Math.Log2(speed) * Grades) / Grades);
}
