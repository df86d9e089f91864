namespace LisaOrleans;

/// <summary>What a learning rate's warm-up needs of its schedule.</summary>
public static class WarmupRules
{
    private const string Constant = "constant";

    /// <summary>What is wrong with the warm-up of a new run; null where nothing is. Runs that are stored may have such a one.</summary>
    /// <param name="spec">The settings, each within its limits.</param>
    public static InvalidTrainingSettingException? Problem(TrainingSpec spec) =>
        spec.LrSchedulerType != Constant || spec is { WarmupSteps: 0, WarmupRatio: 0 } ? null
            : new InvalidTrainingSettingException(
                TrainingSettings.Open.Of(nameof(TrainingSpec.LrSchedulerType)).Name,
                "is constant, which in Hugging Face's Trainer has no warm-up; write constant_with_warmup, or leave "
                    + $"{(spec.WarmupSteps > 0 ? "{warmup_steps}" : "{warmup_ratio}")} out");
}
