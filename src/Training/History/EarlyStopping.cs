namespace LisaOrleans.Training;

/// <summary>Says after which step a run ends early: a pure function of its evaluations, as transformers' EarlyStoppingCallback.</summary>
public static class EarlyStopping
{
    /// <summary>Whether the run ends after its last committed step.</summary>
    /// <param name="spec">The run's settings.</param>
    /// <param name="records">The committed steps.</param>
    public static bool IsDue(TrainingSpec spec, IReadOnlyList<StepRecord> records)
    {
        if (spec.EarlyStoppingPatience == 0 || records is not [.., { EvalLoss: not null }]) return false;
        var policy = KeepPolicy.Of(spec);
        var (waited, best) = (0, (double?)null);
        foreach (var value in records.Select(r => r.EvalLoss).OfType<double>())
        {
            var better = best is not { } known || policy.IsBetter(value, known);
            waited = best is null || (better && Math.Abs(value - best.Value) > spec.EarlyStoppingThreshold) ? 0 : waited + 1;
            if (better) best = value;
        }

        return waited >= spec.EarlyStoppingPatience;
    }
}
