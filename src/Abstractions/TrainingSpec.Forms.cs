namespace LisaOrleans;

/// <content>How weights lie in memory.</content>
public sealed partial record TrainingSpec
{
    /// <value>
    /// How weights that do not train lie in memory: <c>whole</c> (default), <c>mapped</c> from a store in a folder, or, for the
    /// matrices of decoder layers, <c>int8</c> or <c>nf4</c>.
    /// </value>
    [Id(50)]
    [Setting("how weights that do not train lie in memory: whole, mapped from a store in a folder without a copy of them, or the matrices of "
        + "layers in 8 or 4 bits",
        Group = SettingGroups.Numbers, ChoicesOf = SettingRegistries.WeightForms, SameBits = ["whole", "mapped"])]
    [UnusedWith(nameof(Method), TrainingMethods.Full, TrainingMethods.Galore, TrainingMethods.Apollo, TrainingMethods.Qlora)]
    public string FrozenWeights { get; init; } = "whole";

    /// <value>
    /// What bfloat16 models compute in: <c>bfloat16</c>, <c>float32</c>, or <c>auto</c> (default) for what the run began with. An import
    /// chooses for a new run; a run that was stored without a choice computes in bfloat16.
    /// </value>
    [Id(52)]
    [Setting("what a bfloat16 model computes in; with float32, weights that do not train stay bfloat16 and a layer at a time is widened",
        Group = SettingGroups.Numbers, Choices = [AutoDtype, "float32", "bfloat16"], SameBits = [AutoDtype, "bfloat16"],
        DefaultText = "as when the run began; for a new run of a large model, what the processor multiplies faster")]
    public string ComputeDtype { get; init; } = AutoDtype;
}
