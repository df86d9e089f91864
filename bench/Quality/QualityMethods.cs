using LisaOrleans.Model;

namespace LisaOrleans.Bench;

/// <summary>What is compared: every method and every way to sample layers, with one set of settings each.</summary>
internal static class QualityMethods
{
    // Of five layers of width 64.
    private const int Rank = 16;
    private const int Period = 10;

    private static readonly Dictionary<string, Func<TrainingSpec, TrainingSpec>> s_all = new()
    {
        ["full"] = s => s with { Method = TrainingMethods.Full },
        ["lisa uniform"] = s => Lisa(s, "uniform"),
        ["lisa round-robin"] = s => Lisa(s, "round-robin"),
        ["lisa reshuffled"] = s => Lisa(s, "reshuffled"),
        ["lisa gradient-norm"] = s => Lisa(s, "gradient-norm"),
        ["lisa outlier"] = s => Lisa(s, "outlier"),
        ["lisa weighted"] = s => Lisa(s, "weighted"),
        ["lisa uniform, nf4"] = s => Lisa(s, "uniform") with { FrozenWeights = "nf4" },
        ["lora"] = s => Lora(s) with { Method = TrainingMethods.Lora },
        ["qlora"] = s => Lora(s) with { Method = TrainingMethods.Qlora },
        ["badam"] = s => s with { Method = TrainingMethods.Badam, BadamSwitchInterval = Period },
        ["galore"] = s => s with { Method = TrainingMethods.Galore, GaloreRank = Rank, GaloreUpdateProjGap = 50 },
        ["apollo"] = s => s with { Method = TrainingMethods.Apollo, ApolloRank = Rank, ApolloUpdateProjGap = 50 },
    };

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_all.Keys];

    /// <summary>The learning rates that each may choose from.</summary>
    public static IReadOnlyList<double> Rates { get; } = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2];

    /// <summary>The seeds that are reported; rates are chosen with <see cref="TuningSeed"/>, which is none of them.</summary>
    public static IReadOnlyList<ulong> Seeds { get; } = [1, 2, 3];

    /// <summary>The seed with which rates are chosen.</summary>
    public const ulong TuningSeed = 100;

    /// <summary>A run.</summary>
    /// <param name="method">One of the names.</param>
    /// <param name="rate">Peak learning rate.</param>
    /// <param name="seed">Keys the order of the data and what is sampled.</param>
    /// <param name="steps">Optimizer steps.</param>
    public static TrainingSpec Spec(string method, double rate, ulong seed, int steps) => s_all[method](new TrainingSpec
    {
        RunName = "quality",
        LearningRate = rate,
        LrSchedulerType = "cosine",
        WarmupRatio = 0.1,
        MaxSteps = steps,
        EvalSteps = Math.Max(1, steps / 6),
        PerDeviceTrainBatchSize = 8,
        BlockSize = 128,
        Dtype = "float32",
        Seed = seed,
        SaveSteps = 0,
        Threads = 1,
    });

    private static TrainingSpec Lisa(TrainingSpec spec, string strategy) =>
        spec with { LisaStrategy = strategy, LisaActivatedLayers = 2, LisaIntervalSteps = Period };

    private static TrainingSpec Lora(TrainingSpec spec) =>
        spec with { LoraR = Rank, LoraAlpha = 2 * Rank, LoraTargetModules = [LoraOptions.AllLinear] };
}
