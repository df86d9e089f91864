using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Says which settings a fork may change: all that do not contradict what the manifest holds.</summary>
internal static class ForkSettings
{
    private const string InTheStore = "weights and data are in the store as they are";

    private static readonly string[] s_stored = [nameof(TrainingSpec.Dtype), nameof(TrainingSpec.BlockSize)];

    private static readonly string[] s_adapters =
    [
        nameof(TrainingSpec.LoraR), nameof(TrainingSpec.LoraAlpha), nameof(TrainingSpec.LoraDropout), nameof(TrainingSpec.UseRslora),
        nameof(TrainingSpec.UseDora), nameof(TrainingSpec.LoraTargetModules), nameof(TrainingSpec.LayersToTransform),
    ];

    /// <summary>The settings of a fork: those of the manifest's run with others in their place.</summary>
    /// <param name="was">The settings of the manifest's run.</param>
    /// <param name="given">The settings to change.</param>
    /// <param name="run">The fork's name.</param>
    public static TrainingSpec Apply(TrainingSpec was, GivenSettings given, string run)
    {
        if (given.Settings.FirstOrDefault(s => s.Record == typeof(DatasetSettings)) is { } ofData) throw Wrong(ofData, InTheStore);
        var spec = given.Over(was, goesOn: false) with { RunName = run };
        given.CheckUse(spec);

        // What another method does not use goes back to its default: nobody asked for it here.
        var reset = new GivenSettings();
        foreach (var setting in RunSettings.Table.All.Except(RunSettings.Table.UsedBy(spec)))
            if (setting.Record == typeof(TrainingSpec) && setting.Default is { } value) reset.Set(setting, value);
        return DerivedSettings.GoOn(reset.Into(spec), was);
    }

    /// <summary>Checks that a manifest can go on with other settings.</summary>
    /// <param name="was">The settings that it was made with.</param>
    /// <param name="spec">The settings that it is to go on with.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="InvalidTrainingSettingException">It cannot; the message names the setting.</exception>
    public static void Check(TrainingSpec was, TrainingSpec spec, Manifest manifest, ModelConfig config)
    {
        var changed = RunSettings.Table.All
            .Where(s => s.Record == typeof(TrainingSpec) && !SpecComparison.Same(s.Get(was), s.Get(spec))).ToArray();
        foreach (var setting in changed)
        {
            if (s_stored.Contains(setting.Property)) throw Wrong(setting, InTheStore);
            if (Methods.Adapters(was) is not null && s_adapters.Contains(setting.Property)) throw Wrong(setting, "the adapters are as they are");
            if (setting.Property == nameof(TrainingSpec.Method) && (Methods.Adapters(was) is null) != (Methods.Adapters(spec) is null))
                throw Wrong(setting, "a run trains adapters from its first step or not at all");
        }

        var objective = RunSettings.Table.Of(nameof(TrainingSpec.Objective));
        if (Objectives.IsOfPairs(was) != Objectives.IsOfPairs(spec)) throw Wrong(objective, InTheStore);
        if (manifest.Step > 0 && manifest.ReferenceLogProbs is null && Objectives.PairLoss(spec) is { NeedsReference: true })
            throw Wrong(objective, "the answers were not scored before the run began to train");
        if (Methods.Of(spec).LooksAtWeights(spec) && LayerOutliers.Of(manifest, config.NumHiddenLayers) is null)
            throw Wrong(RunSettings.Table.Of(nameof(TrainingSpec.LisaStrategy)), "the weights were not counted when the run began");
        foreach (var (part, state) in manifest.Parts.Where(p => p.Value.Optimizer is not null || p.Value.Parked is not null))
        {
            // Each by itself, to name the one that makes the difference; if none does alone, they do together.
            foreach (var setting in changed)
                if (!Continues(was, One(was, setting, spec), config, part)) throw Wrong(setting, Moments(part));
            if (!Continues(was, spec, config, part)) throw Wrong(changed[0], Moments(part));
            if (state.Parked is not null && changed.FirstOrDefault(s => s.Property == nameof(TrainingSpec.LisaKeepOptimizerState)) is { } kept)
                throw Wrong(kept, Moments(part));
        }

        string Moments(string part) => $"{part} has optimizer state at step {manifest.Step}, which goes on only with the same; step 0 has none";
    }

    private static bool Continues(TrainingSpec was, TrainingSpec spec, ModelConfig config, string part)
    {
        if (Methods.Of(was).Optimizer(was) != Methods.Of(spec).Optimizer(spec)) return false;
        var (before, after) = (PartSchema.Of(config, was, part).StateTensors, PartSchema.Of(config, spec, part).StateTensors);
        return before.Count == after.Count && before.Zip(after).All(p =>
            p.First.Name == p.Second.Name && p.First.DType == p.Second.DType && p.First.Shape.SequenceEqual(p.Second.Shape));
    }

    private static TrainingSpec One(TrainingSpec was, TrainingSetting setting, TrainingSpec spec)
    {
        var one = new GivenSettings();
        if (setting.Get(spec) is { } value) one.Set(setting, value);
        return one.Into(was with { });
    }

    private static InvalidTrainingSettingException Wrong(TrainingSetting setting, string why) => new(
        setting.Name, $"cannot change in a fork: {why}; leave it out, or begin a new run");
}
