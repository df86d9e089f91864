namespace LisaOrleans.Training;

/// <summary>The same listed layers in every period.</summary>
internal sealed class FixedSampler : ILayerSampler
{
    public string Name => "fixed";

    public int MostLayers(TrainingSpec spec) => spec.LisaFixedLayers.Count;

    public SettingProblem? Check(TrainingSpec spec, int layerCount)
    {
        var layers = spec.LisaFixedLayers;
        if (layers.Count == 0) return Wrong("is empty; {lisa_strategy} fixed needs at least one layer");
        if (layers.Max() >= layerCount) return Wrong($"is {layers.Max()}; it must be at most {layerCount - 1}, the model's last layer");
        return layers.Distinct().Count() == layers.Count ? null : Wrong("names a layer twice");

        static SettingProblem Wrong(string problem) => new(nameof(TrainingSpec.LisaFixedLayers), problem);
    }

    public IReadOnlyList<int> Select(SamplingTurn turn) => [.. turn.Spec.LisaFixedLayers.Order()];
}
