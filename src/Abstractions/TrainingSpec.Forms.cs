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
}
