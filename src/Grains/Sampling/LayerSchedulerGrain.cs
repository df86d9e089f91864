namespace LisaOrleans.Grains;

/// <inheritdoc cref="ILayerSchedulerGrain"/>
internal sealed class LayerSchedulerGrain(IGrainFactory grains) : Grain, ILayerSchedulerGrain
{
    public Task<IReadOnlyList<int>> GetActiveLayers(TrainingSpec spec, int layerCount, long period) =>
        Task.FromResult(LayerSampling.ActiveLayers(spec, layerCount, period));

    public async Task<IReadOnlyList<int>> BeginPeriod(
        TrainingSpec spec, int layerCount, long generation, long period, CancellationToken cancellationToken)
    {
        var active = LayerSampling.ActiveLayers(spec, layerCount, period);

        // First to sleep, then to work: at no moment do two periods' states exist together.
        await Task.WhenAll(Enumerable.Range(0, layerCount).Except(active).Select(i => Set(i, false)));
        await Task.WhenAll(active.Select(i => Set(i, true)));
        return active;

        Task Set(int layer, bool trainable) => Layer(layer).SetTrainable(generation, trainable, cancellationToken);
    }

    public Task EndPeriod(TrainingSpec spec, int layerCount, long generation, long period, CancellationToken cancellationToken) =>
        Task.WhenAll(LayerSampling.ActiveLayers(spec, layerCount, period)
            .Select(i => Layer(i).SetTrainable(generation, trainable: false, cancellationToken)));

    private ILayerGrain Layer(int index) =>
        grains.GetGrain<ILayerGrain>(PartName.Key(this.GetPrimaryKeyString(), PartName.Layer(index)));
}
