namespace LisaOrleans.Training;

/// <summary>All sampling strategies, and which layers a run trains in a period.</summary>
public static class LayerSampling
{
    private static readonly ILayerSamplingStrategy[] s_strategies =
        [new UniformLayerSampling(), new RoundRobinLayerSampling(), new FixedLayerSampling()];

    /// <summary>The values of <see cref="TrainingSpec.LisaStrategy"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_strategies.Select(s => s.Name)];

    /// <summary>The period that a step (from 1) belongs to, from 0. Full fine-tuning is one endless period.</summary>
    public static long PeriodOf(TrainingSpec spec, long step) =>
        spec.Method == TrainingMethods.Full ? 0 : (step - 1) / spec.LisaIntervalSteps;

    /// <summary>Whether a step is the last of its period.</summary>
    public static bool EndsPeriod(TrainingSpec spec, long step) => PeriodOf(spec, step + 1) != PeriodOf(spec, step);

    /// <summary>The decoder layers that train in a period, ascending.</summary>
    public static IReadOnlyList<int> ActiveLayers(TrainingSpec spec, int layerCount, long period) =>
        spec.Method == TrainingMethods.Full
            ? [.. Enumerable.Range(0, layerCount)]
            : s_strategies.Single(s => s.Name == spec.LisaStrategy).Select(spec, layerCount, period);
}
