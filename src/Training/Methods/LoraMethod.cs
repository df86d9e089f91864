using System.Collections.Immutable;
using System.Globalization;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// LoRA (arXiv 2106.09685), with rsLoRA (2312.03732) and DoRA (2402.09353), as PEFT defines them: all weights are frozen, and
/// low-rank adapters of decoder layers train from the first step to the last.
/// </summary>
internal class LoraMethod : ITrainingMethod
{
    public virtual string Name => TrainingMethods.Lora;

    public string Describe(TrainingSpec spec) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(spec.UseDora ? "DoRA" : spec.UseRslora ? "rsLoRA" : "LoRA")}: rank {spec.LoraR}, alpha {spec.LoraAlpha}"
            + $"{(spec.LoraDropout > 0 ? $", dropout {spec.LoraDropout}" : "")}, on "
            + $"{Modules(spec.LoraTargetModules)}"
            + $"{(spec.LayersToTransform.Count > 0 ? $" of layers {string.Join(", ", spec.LayersToTransform)}" : "")}");

    public PeriodPlan Plan(SamplingTurn turn) =>
        new(PartTraining.Frozen, Layers(turn.Spec, turn.LayerCount)) { LayerTraining = PartTraining.Adapters };

    public PartTraining Ends(TrainingSpec spec) => PartTraining.Frozen;

    public int MostLayers(TrainingSpec spec, int layerCount) => Layers(spec, layerCount).Length;

    public SettingProblem? Check(TrainingSpec spec, int layerCount) =>
        spec.LayersToTransform.FirstOrDefault(l => l >= layerCount, -1) is var beyond and >= 0
            ? Wrong(nameof(spec.LayersToTransform), $"names layer {beyond}; the model's layers are 0 to {layerCount - 1}")
            : spec.LayersToTransform.Distinct().Count() < spec.LayersToTransform.Count
                ? Wrong(nameof(spec.LayersToTransform), $"is {string.Join(',', spec.LayersToTransform)}; a layer is named twice")
                : null;

    public SettingProblem? Check(TrainingSpec spec, ModelConfig config) => Check(spec, config.NumHiddenLayers)
        ?? (Adapters(spec).WrongTargets(config) is { } wrong ? Wrong(nameof(spec.LoraTargetModules), wrong)
            : Layers(spec, config.NumHiddenLayers).Any(i => Adapters(spec).Targets(config, i).Count > 0) ? null
            : Wrong(
                nameof(spec.LayersToTransform),
                $"is {string.Join(',', spec.LayersToTransform)}, but the modules of {{lora_target_modules}} are in other layers: "
                    + "nothing would train"));

    LoraOptions? ITrainingMethod.Adapters(TrainingSpec spec) => Adapters(spec);

    private static LoraOptions Adapters(TrainingSpec spec) => new()
    {
        Rank = spec.LoraR,
        Alpha = spec.LoraAlpha,
        Dropout = spec.LoraDropout,
        UseRslora = spec.UseRslora,
        UseDora = spec.UseDora,
        DecaysMagnitudes = spec.RevisedUpdates,
        TargetModules = [.. spec.LoraTargetModules.Select(PeftNames.InFamily)],
        LayersToTransform = spec.LayersToTransform,
        RankPattern = spec.LoraRankPattern ?? ImmutableDictionary<string, int>.Empty,
        AlphaPattern = spec.LoraAlphaPattern ?? ImmutableDictionary<string, double>.Empty,
        Seed = spec.Seed,
    };

    // The whole names of all of a model's are too many to read.
    private static string Modules(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "queries and values",
        <= 16 => string.Join(", ", names),
        _ => $"{names.Count} modules: {string.Join(", ", names.Select(n => n[(n.LastIndexOf('.') + 1)..]).Distinct())}",
    };

    private static SettingProblem Wrong(string property, string problem) => new(property, problem);

    private static int[] Layers(TrainingSpec spec, int layerCount) =>
        spec.LayersToTransform.Count > 0 ? [.. spec.LayersToTransform.Order()] : [.. Enumerable.Range(0, layerCount)];
}
