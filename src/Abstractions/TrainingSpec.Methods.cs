using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace LisaOrleans;

/// <content>What only some methods and optimizers use.</content>
public sealed partial record TrainingSpec
{
    /// <value>Optimizer steps before BAdam turns to the next layer. Default 50, the least that its paper recommends.</value>
    [Id(40)]
    [Setting("steps before BAdam turns to the next layer", Group = SettingGroups.Method, Aliases = ["switch_block_every"])]
    [Range(1, int.MaxValue), UsedOnlyWith(nameof(Method), TrainingMethods.Badam)]
    public int BadamSwitchInterval { get; init; } = 50;

    /// <value>Rank of GaLore's projections. Default 128.</value>
    [Id(41)]
    [Setting("rank that GaLore projects the gradients of matrices to", Group = SettingGroups.Optimizer)]
    [Range(1, int.MaxValue)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Galore), UsedOnlyWith(nameof(Optim), TrainingMethods.Galore)]
    public int GaloreRank { get; init; } = 128;

    /// <value>Updates between two of GaLore's decompositions. Default 200.</value>
    [Id(42)]
    [Setting("updates before GaLore decomposes gradients anew", Group = SettingGroups.Optimizer, Aliases = ["galore_update_interval"])]
    [Range(1, int.MaxValue)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Galore), UsedOnlyWith(nameof(Optim), TrainingMethods.Galore)]
    public int GaloreUpdateProjGap { get; init; } = 200;

    /// <value>What GaLore multiplies the updates of matrices by. Default 0.25.</value>
    [Id(43)]
    [Setting("what GaLore multiplies the updates of matrices by", Group = SettingGroups.Optimizer)]
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Galore), UsedOnlyWith(nameof(Optim), TrainingMethods.Galore)]
    public double GaloreScale { get; init; } = 0.25;

    /// <value>Rank of APOLLO's projections; 1 for APOLLO-Mini. Default 256.</value>
    [Id(44)]
    [Setting("rank that APOLLO projects the gradients of matrices to; 1 for APOLLO-Mini", Group = SettingGroups.Optimizer)]
    [Range(1, int.MaxValue)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Apollo), UsedOnlyWith(nameof(Optim), TrainingMethods.Apollo)]
    public int ApolloRank { get; init; } = 256;

    /// <value>Updates between two of APOLLO's projections. Default 200.</value>
    [Id(45)]
    [Setting("updates before APOLLO draws new projections", Group = SettingGroups.Optimizer, Aliases = ["apollo_update_interval"])]
    [Range(1, int.MaxValue)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Apollo), UsedOnlyWith(nameof(Optim), TrainingMethods.Apollo)]
    public int ApolloUpdateProjGap { get; init; } = 200;

    /// <value>APOLLO multiplies the updates of matrices by its root. Default 1; the authors take 128 for APOLLO-Mini.</value>
    [Id(46)]
    [Setting("APOLLO multiplies the updates of matrices by the root of this; 128 for APOLLO-Mini", Group = SettingGroups.Optimizer)]
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Apollo), UsedOnlyWith(nameof(Optim), TrainingMethods.Apollo)]
    public double ApolloScale { get; init; } = 1;

    /// <value>What has a factor of its own: each <c>channel</c> (default) or a <c>tensor</c>, as in APOLLO-Mini.</value>
    [Id(47)]
    [Setting("what APOLLO scales by itself: each channel of the longer side, or a tensor as in APOLLO-Mini", Group = SettingGroups.Optimizer,
        Choices = ["channel", "tensor"])]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Apollo), UsedOnlyWith(nameof(Optim), TrainingMethods.Apollo)]
    public string ApolloScaleType { get; init; } = "channel";

    /// <value>
    /// Whether bfloat16 weights and moments are rounded up or down by chance, so that their mean stays; with float32 moments these are the
    /// weights of a layer whose period ends. Default false.
    /// </value>
    [Id(48)]
    [Setting("round bfloat16 weights and moments up or down by chance, so that small updates count on average",
        Group = SettingGroups.Numbers, Aliases = ["bf16_stochastic_round"])]
    [UsedOnlyWith(nameof(OptimizerStateDtype), "bfloat16")]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Lisa), UsedOnlyWith(nameof(Method), TrainingMethods.Badam)]
    public bool StochasticRounding { get; init; }

    /// <value>
    /// Whether the random numbers of an update are keyed by the run's step, and weights that are frozen are rounded by chance, too. False
    /// (default) for a run without any, and for one that an older build began: there each turn of a layer has the numbers of its last.
    /// </value>
    [Id(53), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool RandomKeysByStep { get; init; }

    /// <value>
    /// Whether 8-bit moments keep what is small: no second moment above 0 is stored as 0. False (default) for a run without them, and for
    /// one that an older build began.
    /// </value>
    [Id(54), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool KeepsSmallMoments { get; init; }

    /// <value>
    /// Whether GaLore waits for a gradient that is not all zeros before it projects a matrix, APOLLO corrects bias after it has limited a
    /// step's growth, and DoRA's magnitudes decay. False (default) for a run without them, and for one that an older build began.
    /// </value>
    [Id(55), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool RevisedUpdates { get; init; }

    /// <value>
    /// Whether weight decay applies to the sinks of attention. False (default) for a run of a model without them, and for one that an older
    /// build began.
    /// </value>
    [Id(56), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DecaysSinks { get; init; }

    /// <value>
    /// Whether what is rounded by chance is always cut in pieces where it is large, so that few float32 copies are there at one time. False
    /// (default) for a run without such rounding, and for one that an older build began.
    /// </value>
    [Id(58), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool RoundsInPieces { get; init; }

    /// <value>Steps of a period over which the learning rate of its layers rises to the schedule's. Default 0.</value>
    [Id(49)]
    [Setting("steps of a period over which the learning rate of its layers rises to the schedule's", Group = SettingGroups.Method)]
    [Range(0, int.MaxValue)]
    [UnusedWith(nameof(Method), TrainingMethods.Full, TrainingMethods.Badam, TrainingMethods.Galore, TrainingMethods.Apollo)]
    [UnusedWith(nameof(Method), TrainingMethods.Lora, TrainingMethods.Qlora)]
    public int LisaWarmupSteps { get; init; }

    /// <value>
    /// Whether a layer that falls asleep keeps its moments, in the store, and goes on with them when it wakes. Default false.
    /// </value>
    [Id(51)]
    [Setting("keep the moments of sleeping layers in the store, instead of beginning anew", Group = SettingGroups.Method)]
    [UnusedWith(nameof(Method), TrainingMethods.Full, TrainingMethods.Badam, TrainingMethods.Galore, TrainingMethods.Apollo)]
    [UnusedWith(nameof(Method), TrainingMethods.Lora, TrainingMethods.Qlora)]
    public bool LisaKeepOptimizerState { get; init; }

    /// <value>
    /// Whether the padding token's row of the embedding has no gradient from being looked up. False (default) for a run whose model has no
    /// such row or whose embedding is as it is, and for one that an older build began.
    /// </value>
    [Id(57), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool NoPaddingGradient { get; init; }
}
