using System.ComponentModel.DataAnnotations;

namespace LisaOrleans;

/// <content>What a run minimises, by the names of TRL.</content>
public sealed partial record TrainingSpec
{
    /// <value><c>sft</c> (default), <c>dpo</c> or <c>orpo</c>; see <see cref="TrainingObjectives"/>.</value>
    [Id(70)]
    [Setting("what is minimised: sft, the cross-entropy of answers; dpo or orpo, which learn from pairs of a chosen and a rejected answer",
        Group = SettingGroups.Method, ChoicesOf = SettingRegistries.Objectives, Instead = ["stage", "loss_type", "pref_loss", "rl"])]
    public string Objective { get; init; } = TrainingObjectives.Sft;

    /// <value>DPO: what a departure from the model that the run began with costs; ORPO: how much the odds ratio counts. Default 0.1.</value>
    [Id(71)]
    [Setting("dpo: what a departure from the base model costs; orpo: how much the ratio of odds counts", Group = SettingGroups.Method,
        Aliases = ["dpo_beta", "pref_beta", "rl_beta", "orpo_alpha"])]
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    [UsedOnlyWith(nameof(Objective), TrainingObjectives.Dpo), UsedOnlyWith(nameof(Objective), TrainingObjectives.Orpo)]
    public double Beta { get; init; } = 0.1;

    /// <value>The chance that a pair is the wrong way round (conservative DPO). Default 0.</value>
    [Id(72)]
    [Setting("chance that a pair of answers is the wrong way round", Group = SettingGroups.Method, Aliases = ["dpo_label_smoothing"])]
    [Range(0, 0.5, MaximumIsExclusive = true)]
    [UsedOnlyWith(nameof(Objective), TrainingObjectives.Dpo)]
    public double LabelSmoothing { get; init; }
}
