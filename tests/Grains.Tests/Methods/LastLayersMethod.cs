using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>The last gamma layers and nothing else, from the first step to the last: what many call freezing the base.</summary>
internal sealed class LastLayersMethod : ITrainingMethod
{
    public string Name => "last-layers";

    public string Describe(TrainingSpec spec) => $"the last {spec.LisaActivatedLayers} layers, by Lion";

    public PeriodPlan Plan(SamplingTurn turn)
    {
        var layers = MostLayers(turn.Spec, turn.LayerCount);
        return new(Ends(turn.Spec), [.. Enumerable.Range(turn.LayerCount - layers, layers)]);
    }

    public PartTraining Ends(TrainingSpec spec) => PartTraining.Frozen;

    public int MostLayers(TrainingSpec spec, int layerCount) => Math.Min(spec.LisaActivatedLayers, layerCount);

    public string Optimizer(TrainingSpec spec) => "lion";
}
