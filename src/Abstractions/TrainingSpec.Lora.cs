using System.ComponentModel.DataAnnotations;

namespace LisaOrleans;

/// <content>The settings of methods <c>lora</c> and <c>qlora</c>, by the names of PEFT.</content>
public sealed partial record TrainingSpec
{
    /// <value>Rank of LoRA's adapters. Default 8.</value>
    [Id(60)]
    [Setting("rank of the adapters", Group = SettingGroups.Method, Aliases = ["lora_rank"])]
    [Range(1, 65536)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Lora), UsedOnlyWith(nameof(Method), TrainingMethods.Qlora)]
    public int LoraR { get; init; } = 8;

    /// <value>Adapters are multiplied by alpha / r. Default 8.</value>
    [Id(61)]
    [Setting("adapters are multiplied by this / {lora_r}", Group = SettingGroups.Method)]
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Lora), UsedOnlyWith(nameof(Method), TrainingMethods.Qlora)]
    public double LoraAlpha { get; init; } = 8;

    /// <value>The share of an adapter's inputs that is dropped in training. Default 0.</value>
    [Id(62)]
    [Setting("share of an adapter's inputs that is dropped in training", Group = SettingGroups.Method)]
    [Range(0, 1, MaximumIsExclusive = true)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Lora), UsedOnlyWith(nameof(Method), TrainingMethods.Qlora)]
    public double LoraDropout { get; init; }

    /// <value>Whether adapters are multiplied by alpha / √r instead (arXiv 2312.03732). Default false.</value>
    [Id(63)]
    [Setting("multiply adapters by {lora_alpha} / √{lora_r} instead", Group = SettingGroups.Method)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Lora), UsedOnlyWith(nameof(Method), TrainingMethods.Qlora)]
    public bool UseRslora { get; init; }

    /// <value>Whether the lengths of a matrix's rows train as parameters of their own (arXiv 2402.09353). Default false.</value>
    [Id(64)]
    [Setting("also train the length of each row of an adapted matrix (DoRA)", Group = SettingGroups.Method)]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Lora), UsedOnlyWith(nameof(Method), TrainingMethods.Qlora)]
    public bool UseDora { get; init; }

    /// <value>Names of the modules with adapters, or <c>all-linear</c>; empty (default) for queries and values.</value>
    [Id(65)]
    [Setting("modules with adapters by Hugging Face's names, such as q_proj,v_proj, or all-linear", Group = SettingGroups.Method,
        DefaultText = "queries and values: q_proj,v_proj, or the module that they are in",
        Aliases = ["target_modules", "lora_target"], Instead = ["lora_target_linear"])]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Lora), UsedOnlyWith(nameof(Method), TrainingMethods.Qlora)]
    public IReadOnlyList<string> LoraTargetModules { get; init; } = [];

    /// <value>The decoder layers with adapters; empty (default) for all.</value>
    [Id(66)]
    [Setting("decoder layers with adapters, such as 0,3,5", Group = SettingGroups.Method, DefaultText = "all",
        Aliases = ["lora_layers_to_transform"])]
    [UsedOnlyWith(nameof(Method), TrainingMethods.Lora), UsedOnlyWith(nameof(Method), TrainingMethods.Qlora)]
    public IReadOnlyList<int> LayersToTransform { get; init; } = [];

    /// <value>Other ranks by module, of a run that began with an adapter which has them. Default null.</value>
    [Id(67)] public IReadOnlyDictionary<string, int>? LoraRankPattern { get; init; }

    /// <value>Other alphas by module, of a run that began with an adapter which has them. Default null.</value>
    [Id(68)] public IReadOnlyDictionary<string, double>? LoraAlphaPattern { get; init; }
}
