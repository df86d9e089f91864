using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>Makes an Orleans silo one that trains.</summary>
public static class LisaSiloBuilderExtensions
{
    /// <summary>Adds the device worker, the tensor exchange and what the grains need.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="store">The blob store; not owned.</param>
    /// <param name="threads">Intra-op threads of the device worker.</param>
    public static ISiloBuilder AddLisaSilo(this ISiloBuilder builder, IBlobStore store, int threads)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<LocalParts>();
        builder.Services.AddSingleton<ITensorExchange, LocalTensorExchange>();
        builder.Services.AddSingleton<IDeviceWorker>(_ => new DeviceWorker(cuda.is_available() ? CUDA : CPU, threads));
        builder.Services.AddSingleton<PartServices>();
        return builder;
    }
}
