namespace LisaOrleans.Training;

/// <summary>The next gamma layers of an endless sweep from the first layer to the last (as BAdam's blocks in order).</summary>
internal sealed class RoundRobinSampler : ILayerSampler
{
    public string Name => "round-robin";

    public IReadOnlyList<int> Select(SamplingTurn turn)
    {
        var active = turn.Spec.LisaActivatedLayers;
        return [.. Enumerable.Range(0, active).Select(i => (int)(((turn.Period * active) + i) % turn.LayerCount)).Order()];
    }
}
