using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="ILayerSchedulerGrain"/>
[ControlPlacement]
internal sealed class LayerSchedulerGrain(IGrainFactory grains) : Grain, ILayerSchedulerGrain
{
    public Task<IReadOnlyList<int>> GetActiveLayers(TrainingSpec spec, int layerCount, long period) =>
        Task.FromResult(LayerSampling.ActiveLayers(spec, layerCount, period));

    public async Task<IReadOnlyList<int>> BeginPeriod(
        TrainingSpec spec, IReadOnlyList<string> layerSilos, long generation, long period, CancellationToken cancellationToken)
    {
        var active = LayerSampling.ActiveLayers(spec, layerSilos.Count, period);

        // First to sleep, then to work: at no moment do two periods' states exist together.
        await Task.WhenAll(Enumerable.Range(0, layerSilos.Count).Except(active).Select(i => Set(i, false)));
        await Task.WhenAll(active.Select(i => Set(i, true)));
        return active;

        Task Set(int layer, bool trainable) => Layer(layer, layerSilos).Train(generation, trainable ? PartTraining.Whole : PartTraining.Frozen, cancellationToken);
    }

    public Task EndPeriod(
        TrainingSpec spec, IReadOnlyList<string> layerSilos, long generation, long period, CancellationToken cancellationToken) =>
        Task.WhenAll(LayerSampling.ActiveLayers(spec, layerSilos.Count, period)
            .Select(i => Layer(i, layerSilos).Train(generation, PartTraining.Frozen, cancellationToken)));

    private IPartGrain Layer(int index, IReadOnlyList<string> silos) =>
        PartGrains.Get(grains, this.GetPrimaryKeyString(), PartName.Layer(index), silos[index]);
}
