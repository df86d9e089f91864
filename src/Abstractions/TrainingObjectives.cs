namespace LisaOrleans;

/// <summary>The values of <see cref="TrainingSpec.Objective"/>.</summary>
public static class TrainingObjectives
{
    /// <summary>Supervised fine-tuning: cross-entropy of the learned tokens.</summary>
    public const string Sft = "sft";

    /// <summary>Direct preference optimisation over pairs of answers (arXiv 2305.18290).</summary>
    public const string Dpo = "dpo";

    /// <summary>Odds ratio preference optimisation over pairs of answers, without a reference (arXiv 2403.07691).</summary>
    public const string Orpo = "orpo";
}
