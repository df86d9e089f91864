using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using LisaOrleans.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Serialization;

namespace LisaOrleans.Silo;

/// <summary>Adds what the grains of this project need to any Orleans silo.</summary>
public static class LisaSiloBuilderExtensions
{
    /// <summary>Adds the blob store, the device's worker and the tensor exchange.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="store">The store of the runs; not owned.</param>
    /// <param name="transport">How tensors reach other silos; null for a cluster of one.</param>
    public static ISiloBuilder AddLisaSilo(this ISiloBuilder builder, IBlobStore store, TensorTransportOptions? transport)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IBlobStore>(new MeasuredBlobStore(store));
        services.AddSingleton<LocalParts>();
        services.AddSingleton<LocalRuns>();
        services.AddSingleton<StoreReach>();
        services.AddHostedService<OrphanCollector>();
        services.AddSingleton<IDeviceWorker>(_ => new DeviceWorker(TrainingDevice.Find()));
        services.AddSingleton<ITensorExchange>(s => new TensorExchange(
            s.GetRequiredService<IDeviceWorker>(), transport, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<TensorExchange>>()));
        services.AddSingleton<WeightScratch>();
        services.AddSingleton<PartReceiver>();
        services.AddSingleton<PartServices>();
        services.TryAddSingleton(new RunOptions());
        services.TryAddSingleton<IClusterView, SingleSiloView>();
        services.Configure<ExceptionSerializationOptions>(o => o.SupportedNamespacePrefixes.Add(nameof(LisaOrleans)));
        services.AddPlacementDirector<ControlPlacement, ControlPlacementDirector>();
        services.AddPlacementDirector<PartPlacement, PartPlacementDirector>();
        services.AddPlacementDirector<SiloPlacement, SiloPlacementDirector>();
        return builder.AddActivityPropagation();
    }
}
