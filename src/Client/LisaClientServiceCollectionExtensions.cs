using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LisaOrleans.Client;

/// <summary>Adds a cluster's client to a service.</summary>
public static class LisaClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="LisaClient"/>. Its options are checked when the service starts; it connects in the background, so that
    /// the service starts even if the cluster does not.
    /// </summary>
    /// <param name="services">The service collection.</param>
    /// <param name="configure">Sets the options; null where configuration binds them.</param>
    public static IServiceCollection AddLisaClient(this IServiceCollection services, Action<LisaClientOptions>? configure = null)
    {
        var options = services.AddOptions<LisaClientOptions>().ValidateOnStart();
        if (configure is not null) options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LisaClientOptions>, LisaClientOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(s => new LisaClient(
            s.GetRequiredService<IOptions<LisaClientOptions>>().Value, s.GetService<ILoggerFactory>(), s.GetRequiredService<TimeProvider>()));
        services.AddHostedService<LisaClientConnector>();
        return services;
    }
}
