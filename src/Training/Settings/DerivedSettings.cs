using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>The settings whose defaults the model or the machines decide. Every entry point leaves them to this class.</summary>
public static class DerivedSettings
{
    private const int LongestDefaultBlock = 1024;

    // The number format of most models today, for when only a model's shape is known.
    private const string LikelyDtype = RunDtypes.BFloat16;

    /// <summary>The settings of a run with nothing left to be chosen.</summary>
    /// <param name="spec">The settings as they were given.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="weightsDtype">The number format of the model's weights; null where they are not at hand.</param>
    /// <param name="threads">Intra-op threads of a run whose settings do not say.</param>
    /// <param name="began">The settings with which the run began, where it is in the store; null for a new run.</param>
    /// <param name="compute">
    /// What a new run of a bfloat16 model whose settings do not say computes in; null (default) where that is left to its import.
    /// </param>
    public static TrainingSpec Resolve(
        TrainingSpec spec, ModelConfig config, Func<string>? weightsDtype, int threads, TrainingSpec? began = null,
        Func<ModelConfig, string>? compute = null)
    {
        var resolved = GoOn(spec, began) with
        {
            BlockSize = BlockSize(spec.BlockSize, config),
            Dtype = Dtype(spec.Dtype, config, weightsDtype),
            Threads = spec.Threads > 0 ? spec.Threads : threads,
            DecaysSinks = began?.DecaysSinks ?? HasSinks(config),
            NoPaddingGradient = began?.NoPaddingGradient ?? (config.PaddingRow is not null && Methods.Adapters(spec) is null),
        };
        return began is null && compute is not null && resolved is { Dtype: RunDtypes.BFloat16, ComputeDtype: TrainingSpec.AutoDtype }
            ? resolved with { ComputeDtype = compute(config) }
            : resolved;
    }

    /// <summary>The settings of a run, or of a fork, in the form that is stored, and as it began where that is left open.</summary>
    /// <param name="spec">The settings.</param>
    /// <param name="began">Those with which it began; null for a new run.</param>
    internal static TrainingSpec GoOn(TrainingSpec spec, TrainingSpec? began)
    {
        var stored = spec with
        {
            MaskSamples = [.. spec.MaskSamples.Distinct().Order()],
            GradientLanes = Lanes(spec, began),
            RandomKeysByStep = IsRandom(spec) && (began is null || began.RandomKeysByStep || !IsRandom(began)),
            RoundsInPieces = spec.StochasticRounding && (began is null || began.RoundsInPieces || !began.StochasticRounding),
            KeepsSmallMoments = IsOf8Bits(spec) && (began is null || began.KeepsSmallMoments || !IsOf8Bits(began)),
            RevisedUpdates = IsRevised(spec) && (began is null || began.RevisedUpdates || !IsRevised(began)),
            DecaysSinks = began?.DecaysSinks ?? spec.DecaysSinks,
            NoPaddingGradient = began?.NoPaddingGradient ?? false,
        };
        return began is null ? stored : stored with
        {
            Dtype = spec.Dtype == TrainingSpec.AutoDtype ? began.Dtype : spec.Dtype,
            ComputeDtype = spec.ComputeDtype == TrainingSpec.AutoDtype ? began.ComputeDtype : spec.ComputeDtype,
        };
    }

    /// <summary>The longest sequence: as given, else the model's longest, at most 1024.</summary>
    /// <param name="given">The length that was given; 0 for none.</param>
    /// <param name="config">The model's shape.</param>
    public static int BlockSize(int given, ModelConfig config) =>
        given != 0 ? given : Math.Min(config.MaxSequenceLength, LongestDefaultBlock);

    /// <summary>
    /// The number format of the weights: as given, else as config.json says, else as the weights are, which is Hugging Face's rule.
    /// </summary>
    /// <param name="given">What was given; <see cref="TrainingSpec.AutoDtype"/> for nothing.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="weightsDtype">The number format of the model's weights; null where they are not at hand.</param>
    public static string Dtype(string given, ModelConfig config, Func<string>? weightsDtype)
    {
        if (given != TrainingSpec.AutoDtype) return given;
        var known = RunSettings.Table.Of(nameof(TrainingSpec.Dtype)).Choices!;
        return config.TorchDtype is { } stated and not TrainingSpec.AutoDtype && known.Contains(stated)
            ? stated
            : weightsDtype?.Invoke() ?? LikelyDtype;
    }

    // Whether updates need random numbers.
    private static bool IsRandom(TrainingSpec spec) => spec.StochasticRounding || Updates(spec, TrainingMethods.Apollo);

    private static bool IsOf8Bits(TrainingSpec spec) => spec.Optim == Optimizers.AdamW8Bit;

    // Whether anything trains by updates that are others than older builds made.
    private static bool IsRevised(TrainingSpec spec) =>
        Updates(spec, TrainingMethods.Galore) || Updates(spec, TrainingMethods.Apollo)
        || spec is { UseDora: true, Method: TrainingMethods.Lora or TrainingMethods.Qlora };

    private static bool Updates(TrainingSpec spec, string optimizer) => spec.Optim == optimizer || spec.Method == optimizer;

    private static bool HasSinks(ModelConfig config) => config.LayerSpecs(0).Any(s => s.IsSinks);

    // A run that began before there were lanes has one of them, and does not say so.
    private static int Lanes(TrainingSpec spec, TrainingSpec? began) => (spec.GradientLanes, began) switch
    {
        (0, null) => GradientLanes.Default(spec.GradientAccumulationSteps),
        (0, _) => began.GradientLanes,
        (1, { GradientLanes: 0 }) => 0,
        _ => spec.GradientLanes,
    };
}
