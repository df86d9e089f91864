using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>The even layers in even periods, the odd ones in odd periods.</summary>
internal sealed class EverySecondSampler : ILayerSampler
{
    public string Name => "every-second";

    public IReadOnlyList<int> Select(SamplingTurn turn) =>
        [.. Enumerable.Range(0, turn.LayerCount).Where(layer => layer % 2 == turn.Period % 2).Take(turn.Spec.LisaActivatedLayers)];
}
