using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// The schedule of a run, grown step by step from what was committed: what trained in the past, what trains now, what will.
/// The same steps give the same schedule, whoever adds them and however often it is made again. Its memory does not grow with
/// the run.
/// </summary>
public sealed class RunSchedule
{
    private const int PastKept = 100;

    private readonly TrainingSpec _spec;
    private readonly ITrainingMethod _method;
    private readonly IReadOnlyList<double>? _outliers;

    // Null where the method has none.
    private readonly HashSet<int>? _adapted;
    private readonly Queue<PeriodLayers> _past = new();
    private readonly long[] _steps;
    private readonly double[] _norms;
    private readonly long[] _normSteps;

    // What the steps before the current period say: the choice of its layers may depend on them and on no later ones.
    private IReadOnlyList<LayerStatistics> _before;
    private long _period;

    /// <param name="spec">The run's settings.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="outliers">See <see cref="SamplingTurn.Outliers"/>; null where the method does not look at them.</param>
    public RunSchedule(TrainingSpec spec, ModelConfig config, IReadOnlyList<double>? outliers = null)
    {
        var layerCount = config.NumHiddenLayers;
        (_spec, _method, _outliers) = (spec, Methods.Of(spec), outliers);
        if (Methods.Adapters(spec) is { } lora)
            _adapted = [.. Enumerable.Range(0, layerCount).Where(i => lora.Targets(config, i).Count > 0)];
        (_steps, _norms, _normSteps) = (new long[layerCount], new double[layerCount], new long[layerCount]);
        _before = Statistics();
    }

    /// <summary>The schedule of a manifest's run, before its first step.</summary>
    /// <exception cref="InvalidDataFileException">The manifest lacks what the method looks at.</exception>
    public static RunSchedule Of(Manifest manifest, TrainingSpec spec, ModelConfig config) =>
        new(spec, config, LayerOutliers.Of(manifest, config.NumHiddenLayers));

    /// <summary>The last step that was added.</summary>
    public long Step { get; private set; }

    /// <summary>Adds a committed step.</summary>
    /// <exception cref="ArgumentException">It is not the one after <see cref="Step"/>.</exception>
    public void Add(StepRecord record)
    {
        if (record.Step != Step + 1) throw new ArgumentException($"step {record.Step} where {Step + 1} was expected", nameof(record));
        Enter(Methods.PeriodOf(_spec, record.Step));
        for (var i = 0; i < record.ActiveLayers.Count; i++)
        {
            var layer = record.ActiveLayers[i];
            _steps[layer]++;
            if (i >= record.LayerGradNorms.Count) continue;
            (_norms[layer], _normSteps[layer]) = (_norms[layer] + record.LayerGradNorms[i], _normSteps[layer] + 1);
        }

        Step = record.Step;
        if (!Methods.EndsPeriod(_spec, Step)) return;
        _past.Enqueue(Describe(_period, record.ActiveLayers));
        if (_past.Count > PastKept) _past.Dequeue();
    }

    /// <summary>What trains in a period; null where that depends on steps that were not added yet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// It depends on the steps before it, and later ones have been added since.
    /// </exception>
    public PeriodPlan? Plan(long period)
    {
        if (!_method.LearnsFromHistory(_spec)) return Plan(Turn(period, _before));
        var next = Methods.PeriodOf(_spec, Step + 1);
        if (period > next) return null;
        ArgumentOutOfRangeException.ThrowIfLessThan(period, next);
        return Plan(Turn(period, period == _period ? _before : Statistics()));
    }

    /// <summary>The schedule as it is shown to others.</summary>
    /// <param name="past">At most this many of the periods that have ended.</param>
    /// <param name="coming">At most this many of the periods after the next step's.</param>
    public LayerSchedule Look(int past, int coming)
    {
        var now = Methods.PeriodOf(_spec, Step + 1);
        var ahead = _method.PeriodSteps(_spec) is null ? 0 : coming;
        return new LayerSchedule
        {
            Step = Step,
            Past = [.. _past.TakeLast(past)],
            Now = Find(now),
            Coming = [.. Enumerable.Range(1, ahead).Select(i => Find(now + i)).OfType<PeriodLayers>()],
            Layers = Statistics(),
        };
    }

    private void Enter(long period)
    {
        if (period != _period) (_period, _before) = (period, Statistics());
    }

    // Where adapters train, a layer that none of their targets is in has nothing to train.
    private PeriodPlan Plan(SamplingTurn turn)
    {
        var plan = _method.Plan(turn);
        return _adapted is null || plan.LayerTraining != PartTraining.Adapters
            ? plan
            : plan with { Layers = [.. plan.Layers.Where(_adapted.Contains)] };
    }

    private SamplingTurn Turn(long period, IReadOnlyList<LayerStatistics> layers) => new(_spec, _steps.Length, period, layers, _outliers);

    private PeriodLayers? Find(long period) => Plan(period) is { } plan ? Describe(period, plan.Layers) : null;

    private PeriodLayers Describe(long period, IReadOnlyList<int> layers) => _method.PeriodSteps(_spec) is { } steps
        ? new PeriodLayers(period, (period * steps) + 1, (period + 1) * steps, layers)
        : new PeriodLayers(period, 1, null, layers);

    private LayerStatistics[] Statistics() =>
        [.. _steps.Select((steps, layer) => new LayerStatistics(layer, steps, _normSteps[layer] == 0 ? null : _norms[layer] / _normSteps[layer]))];
}
