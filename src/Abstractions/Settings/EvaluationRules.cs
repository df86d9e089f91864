namespace LisaOrleans;

/// <summary>What settings that score a run, and keep or end it by that, need of each other and of its data.</summary>
public static class EvaluationRules
{
    /// <summary>Checks those of a new run.</summary>
    /// <param name="spec">The settings, each within its limits.</param>
    /// <param name="dataset">How records become samples.</param>
    /// <param name="evalData">Whether evaluation data is given, apart from a share of the training data.</param>
    /// <exception cref="InvalidTrainingSettingException">Something is missing, or does not go together.</exception>
    public static void CheckData(TrainingSpec spec, DatasetSettings dataset, bool evalData)
    {
        if (dataset.ValidationSplit is not null && evalData)
        {
            throw Wrong(
                nameof(DatasetSettings.ValidationSplit),
                "takes what is scored from the training data, but {eval_data} is given too; one of them is enough");
        }

        Check(spec, evalSteps: 0, evalData || dataset.ValidationSplit is not null);
    }

    /// <summary>Checks those of a run.</summary>
    /// <param name="spec">The settings, each within its limits.</param>
    /// <param name="evalSteps">Those before, which are not held against it; 0 for a new run.</param>
    /// <param name="evaluates">Whether the run has evaluation data.</param>
    /// <exception cref="InvalidTrainingSettingException">Something is missing, or does not go together.</exception>
    public static void Check(TrainingSpec spec, long evalSteps, bool evaluates)
    {
        if (spec.EvalSteps > 0 && spec.EvalSteps != evalSteps && !evaluates)
        {
            throw Wrong(
                nameof(TrainingSpec.EvalSteps), $"is {spec.EvalSteps}, but there is no evaluation data: add {{eval_data}} or {{validation_split}}");
        }

        CheckUse(spec, evaluates);
    }

    /// <summary>Checks those that keep manifests, or end the run, by what was scored.</summary>
    /// <param name="spec">The settings, each within its limits.</param>
    /// <param name="evaluates">Whether the run has evaluation data.</param>
    /// <exception cref="InvalidTrainingSettingException">Something is missing, or does not go together.</exception>
    public static void CheckUse(TrainingSpec spec, bool evaluates)
    {
        if (spec.SaveTotalLimit is not null && spec.KeepManifests != "last")
            throw Wrong(nameof(TrainingSpec.SaveTotalLimit), "is given beside {keep_manifests}; one of them is enough");
        if (spec.EarlyStoppingThreshold > 0 && spec.EarlyStoppingPatience == 0)
            throw Wrong(nameof(TrainingSpec.EarlyStoppingThreshold), "is used only with {early_stopping_patience}; leave it out");
        if (spec.EarlyStoppingPatience > 0) CheckEvaluated(nameof(TrainingSpec.EarlyStoppingPatience));
        if (!KeepsBest(spec)) return;
        var setting = spec.LoadBestModelAtEnd ? nameof(TrainingSpec.LoadBestModelAtEnd) : nameof(TrainingSpec.KeepManifests);
        CheckEvaluated(setting);

        // As Hugging Face's trainer: a manifest can only be the best if it was scored.
        if (spec.SaveSteps == 0 || spec.SaveSteps % spec.EvalSteps != 0)
            throw Wrong(setting, $"needs {{save_steps}} to be a multiple of {{eval_steps}}, but they are {spec.SaveSteps} and {spec.EvalSteps}");

        void CheckEvaluated(string property)
        {
            if (!evaluates) throw Wrong(property, "needs evaluation data: {eval_data}, or {validation_split}");
            if (spec.EvalSteps == 0) throw Wrong(property, "needs {eval_steps} above 0");
        }
    }

    /// <summary>Whether a run keeps the best of what was scored.</summary>
    /// <param name="spec">The settings, each within its limits.</param>
    public static bool KeepsBest(TrainingSpec spec) =>
        spec.LoadBestModelAtEnd || spec.KeepManifests.Split(',').Any(r => r.StartsWith("best:", StringComparison.Ordinal));

    private static InvalidTrainingSettingException Wrong(string property, string problem) =>
        new(TrainingSettings.Open.Of(property).Name, problem);
}
