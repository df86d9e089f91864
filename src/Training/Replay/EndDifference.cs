using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>Compares where and with what a run has ended with what its settings say, as no repeated step tells.</summary>
public static class EndDifference
{
    /// <summary>What contradicts the settings, in words; null where nothing does.</summary>
    /// <param name="manifests">The run's manifests.</param>
    /// <param name="newest">The last one.</param>
    /// <param name="spec">Its settings.</param>
    /// <param name="totalSteps">The steps that these make.</param>
    /// <param name="records">The committed steps.</param>
    public static string? Find(RunManifests manifests, Manifest newest, TrainingSpec spec, long totalSteps, IReadOnlyList<StepRecord> records)
    {
        // A fork of a run's end has ended before it began.
        if (newest.Step == RunFork.BaseStep(newest)) return null;
        if (newest.Step > totalSteps)
            return $"the run has taken {newest.Step} steps, but its settings make {totalSteps}: a setting such as max_steps was changed";
        if (!newest.Completed) return null;
        if (newest.Step < totalSteps && !EarlyStopping.IsDue(spec, records))
        {
            return $"the run has ended after step {newest.Step}, but by its settings it takes {totalSteps} and does not end early: "
                + "a setting such as max_steps or early_stopping_patience was changed";
        }

        if (!spec.LoadBestModelAtEnd) return null;
        var listed = manifests.Kept.FirstOrDefault(k => k.IsBest)?.Step;
        if (KeepPolicy.Of(spec).BestOf(manifests.Kept, newest.Step) is not { } best) return null;
        if (best != listed)
        {
            return $"the list of manifests has {(listed is null ? "none" : $"that of step {listed}")} as the best, by its settings it is that of step "
                + $"{best}: a setting such as greater_is_better was changed";
        }

        return best == newest.Step || manifests.Kept.All(k => k.Manifest != manifests.Last)
            ? null
            : $"the run ends with the weights of step {newest.Step}, by its settings with its best, those of step {best}: load_best_model_at_end "
                + "was changed";
    }
}
