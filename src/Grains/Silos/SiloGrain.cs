namespace LisaOrleans.Grains;

/// <inheritdoc cref="ISiloGrain"/>
[SiloPlacement]
internal sealed class SiloGrain(IDeviceWorker device, StoreReach reach) : Grain, ISiloGrain
{
    public Task<SiloLoad> GetLoad() => Task.FromResult(new SiloLoad
    {
        Device = device.Device.ToString(),
        BusySeconds = device.Busy.TotalSeconds,
        UpSeconds = device.Up.TotalSeconds,
        ProcessBytes = Environment.WorkingSet,
    });

    public Task<bool> ReachesStore() => reach.Look();
}
