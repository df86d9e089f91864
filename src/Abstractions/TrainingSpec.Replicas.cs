using System.ComponentModel.DataAnnotations;

namespace LisaOrleans;

/// <content>How the work of a step is shared out.</content>
public sealed partial record TrainingSpec
{
    /// <value>
    /// Lanes that the micro-batches of a step are dealt to: gradients are summed within a lane, and then lanes by a fixed binary tree. They
    /// decide the bits of sums, so they belong to the run. 0 (default): those that the run began with, else the micro-batches of a step,
    /// at most 4.
    /// </value>
    [Id(110)]
    [Setting("lanes in which gradients of a step are summed apart, which silos can share; part of the run, because they affect how sums are rounded",
        Group = SettingGroups.Batches,
        DefaultText = "as when the run began; for a new run the micro-batches in a step, at most 4")]
    [Range(1, 65536)]
    public int GradientLanes { get; init; }

    /// <summary><see cref="Replicas"/> for as many as make a step shortest.</summary>
    public const string AutoReplicas = "auto";

    /// <value>
    /// Pipelines of the whole model among which a cluster shares the lanes of a step; fewer where silos, memory or lanes do not suffice.
    /// <c>auto</c> (default): as many as make a step shortest. Changes no bit.
    /// </value>
    [Id(111)]
    [Setting("pipelines of the whole model that share a step's {gradient_lanes} in a cluster; auto: as many as make a step shortest",
        Group = SettingGroups.Batches, ChangesNoBit = true)]
    [RegularExpression("auto|[1-9][0-9]{0,3}", ErrorMessage = "auto or a whole number from 1 to 9999")]
    public string Replicas { get; init; } = AutoReplicas;
}
