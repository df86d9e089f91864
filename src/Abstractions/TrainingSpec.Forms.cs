namespace LisaOrleans;

/// <content>How weights lie in memory.</content>
public sealed partial record TrainingSpec
{
    /// <value>How weights that do not train lie in memory: <c>whole</c> (default) or <c>mapped</c> from a store in a folder.</value>
    [Id(50)]
    [Setting("how weights that do not train lie in memory: whole, or mapped from a store in a folder, without a copy of them",
        Group = SettingGroups.Numbers, ChoicesOf = SettingRegistries.WeightForms, SameBits = ["whole", "mapped"])]
    [UnusedWith(nameof(Method), TrainingMethods.Full, TrainingMethods.Galore, TrainingMethods.Apollo)]
    public string FrozenWeights { get; init; } = "whole";
}
