using System.Globalization;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>Which of its manifests a run keeps, as its settings say. Pure functions of settings and manifests.</summary>
public sealed class KeepPolicy
{
    private readonly TrainingSpec _spec;
    private readonly bool _all;
    private readonly bool _base;
    private readonly int _newest = 1;
    private readonly IReadOnlyList<long> _every;

    private KeepPolicy(TrainingSpec spec)
    {
        _spec = spec;
        var rules = spec.KeepManifests.Split(',');
        _every = KeptSteps.Of(spec);
        _all = rules.Contains("all");
        _base = _all || _every.Count > 0 || rules.Contains("base");
        KeepsBest = EvaluationRules.KeepsBest(spec);
        foreach (var rule in rules)
            if (char.IsAsciiDigit(rule[0])) _newest = Math.Max(_newest, int.Parse(rule, CultureInfo.InvariantCulture));
    }

    /// <summary>Whether it keeps anything beside the last manifest.</summary>
    public bool KeepsHistory => _base || KeepsBest || _newest > 1 || _spec.SaveTotalLimit > 1;

    /// <summary>Whether it keeps the best of what was scored.</summary>
    public bool KeepsBest { get; }

    /// <summary>The policy of a run.</summary>
    public static KeepPolicy Of(TrainingSpec spec) => new(spec);

    /// <summary>Whether a value of the metric is better than another.</summary>
    public bool IsBetter(double value, double than) => _spec.GreaterIsBetter == true ? value > than : value < than;

    /// <summary>The best manifest from before a step, by which a fork of that step measures its own; null for none.</summary>
    /// <param name="candidates">The manifests of the run that is forked, by step.</param>
    /// <param name="step">The step.</param>
    public KeptManifest? BestBefore(IReadOnlyList<KeptManifest> candidates, long step) =>
        Best(candidates.Where(c => c.Step < step && (c.IsBest || IsRegular(c.Step)))) is { } best ? candidates.First(c => c.Step == best) : null;

    /// <summary>The step whose manifest was the best of those up to a step; null where none of them was scored.</summary>
    /// <param name="records">The committed steps.</param>
    /// <param name="last">The step.</param>
    public long? BestStep(IReadOnlyList<StepRecord> records, long last) =>
        Best(records.Where(r => r.Step <= last && IsRegular(r.Step)).Select(r => (r.Step, r.EvalLoss)));

    /// <summary>The step of the best of a run's manifests, with which it may end; null where none was scored.</summary>
    /// <param name="candidates">The manifests, by step.</param>
    /// <param name="end">The run's last step; null before it has ended.</param>
    public long? BestOf(IReadOnlyList<KeptManifest> candidates, long? end) =>
        Best(candidates.Where(c => c.IsBest || c.Step == end || IsRegular(c.Step)));

    /// <summary>The manifests to keep; the best of them, if any was scored, is marked.</summary>
    /// <param name="candidates">
    /// Those that are there, by step; the last is the newest, and is always kept. One from before the base is kept only as the best.
    /// </param>
    /// <param name="baseStep">The step of the manifest that the run began with.</param>
    /// <param name="isEnd">Whether the newest is the run's last.</param>
    public IReadOnlyList<KeptManifest> Choose(IReadOnlyList<KeptManifest> candidates, long baseStep, bool isEnd)
    {
        var newest = candidates[^1].Step;
        var best = KeepsBest ? BestOf(candidates, isEnd ? newest : null) : null;
        var steps = new HashSet<long> { newest };
        if (best is { } kept) steps.Add(kept);
        steps.UnionWith(candidates.Select(c => c.Step).Where(s =>
            s == baseStep ? _base : s > baseStep && (_all || _every.Any(every => s % every == 0))));
        steps.UnionWith(Newest([.. candidates.Select(c => c.Step).Where(s => s > baseStep)], best));
        KeptManifest[] chosen = [.. candidates.Where(c => steps.Contains(c.Step))];
        best ??= Best(chosen);
        return [.. chosen.Select(c => c with { IsBest = c.Step == best })];
    }

    // Of manifests that are as good, the earliest is the best.
    private long? Best(IEnumerable<KeptManifest> candidates) => Best(candidates.Select(c => (c.Step, c.EvalLoss)));

    private long? Best(IEnumerable<(long Step, double? EvalLoss)> scored)
    {
        (long Step, double EvalLoss)? best = null;
        foreach (var (step, scoredLoss) in scored)
            if (scoredLoss is { } loss && (best is null || IsBetter(loss, best.Value.EvalLoss))) best = (step, loss);
        return best?.Step;
    }

    // A manifest that was only saved because the run was interrupted must not decide what the run ends with.
    private bool IsRegular(long step) => _spec.SaveSteps > 0 && step % _spec.SaveSteps == 0;

    // save_total_limit as Hugging Face's rotate_checkpoints: the best goes second to last, and a limit of 1 may leave two.
    private IEnumerable<long> Newest(List<long> steps, long? best)
    {
        if (_spec.SaveTotalLimit is not { } limit) return steps.TakeLast(_newest);
        if (steps.Count == 0 || best is not { } step || step == steps[^1]) return steps.TakeLast(limit);
        steps.Remove(step);
        steps.Insert(Math.Max(0, steps.Count - 1), step);
        return steps.TakeLast(Math.Max(limit, 2));
    }
}
