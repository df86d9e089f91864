using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>The settings of a run that begins with an adapter which was made before, here or by PEFT.</summary>
public static class AdapterSettings
{
    // What decides the adapter's shape and arithmetic. Its dropout does not: a run may have another.
    private static readonly string[] s_fixed =
    [
        nameof(TrainingSpec.LoraR), nameof(TrainingSpec.LoraAlpha), nameof(TrainingSpec.UseRslora), nameof(TrainingSpec.UseDora),
        nameof(TrainingSpec.LoraTargetModules), nameof(TrainingSpec.LayersToTransform),
    ];

    /// <summary>The settings with the adapter's where they are left out.</summary>
    /// <param name="request">What the run is made from, with the settings as they were given.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="InvalidTrainingSettingException">A setting says something else than the adapter, or the method trains none.</exception>
    /// <exception cref="InvalidDataFileException">The folder holds no adapter, or one that is not supported.</exception>
    public static TrainingSpec Of(RunRequest request, ModelConfig config)
    {
        var spec = request.Spec;
        if (request.AdapterFolder is not { } adapterFolder) return spec;
        if (Methods.Adapters(spec) is null)
            throw new InvalidTrainingSettingException("method", $"is {spec.Method}, which trains no adapter, but {{adapter}} is given");
        var lora = PeftFolder.ReadOptions(adapterFolder);
        var told = spec with
        {
            LoraR = lora.Rank,
            LoraAlpha = lora.Alpha,
            LoraDropout = IsGiven(RunSettings.Table.Of(nameof(TrainingSpec.LoraDropout))) ? spec.LoraDropout : lora.Dropout,
            UseRslora = lora.UseRslora,
            UseDora = lora.UseDora,
            LoraTargetModules = lora.TargetModules,
            LayersToTransform = lora.LayersToTransform,
            LoraRankPattern = lora.RankPattern.Count > 0 ? lora.RankPattern : null,
            LoraAlphaPattern = lora.AlphaPattern.Count > 0 ? lora.AlphaPattern : null,
        };
        foreach (var setting in s_fixed.Select(RunSettings.Table.Of))
        {
            var (given, own) = (TrainingSetting.Format(setting.Get(spec)), TrainingSetting.Format(setting.Get(told)));
            if (IsGiven(setting) && given != own && !MeansTheSame(setting))
                throw new InvalidTrainingSettingException(setting.Name, $"is {given}, but that of {{adapter}} is {own}; leave it out");
        }

        return told;

        // Lists are sets for PEFT, and have other names for the same: in the place of the adapter's they name the same modules.
        bool MeansTheSame(TrainingSetting setting)
        {
            var other = setting.Property switch
            {
                nameof(TrainingSpec.LoraTargetModules) => told with { LoraTargetModules = spec.LoraTargetModules },
                nameof(TrainingSpec.LayersToTransform) => told with { LayersToTransform = spec.LayersToTransform },
                _ => null,
            };
            return other is not null && Methods.Of(other).Check(other, config) is null && Enumerable.Range(0, config.NumHiddenLayers)
                .All(i => Methods.Adapters(other)!.Targets(config, i).SequenceEqual(Methods.Adapters(told)!.Targets(config, i)));
        }

        bool IsGiven(TrainingSetting setting) =>
            request.Given.Contains(setting.Name) || TrainingSetting.Format(setting.Get(spec)) != TrainingSetting.Format(setting.Default);
    }
}
