using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Messaging;

namespace LisaOrleans.Silo;

/// <summary>The gateways of the silos that a cluster's membership lists as active, as a client finds them.</summary>
internal static class ListedGateways
{
    /// <summary>Asks for them, or about them.</summary>
    /// <param name="membership">The membership's store.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="ask">The question.</param>
    public static async Task<T> AskAsync<T>(IMembershipStore membership, string clusterId, Func<IGatewayListProvider, Task<T>> ask)
    {
        using var host = new HostBuilder()
            .ConfigureLogging(l => l.ClearProviders())
            .UseOrleansClient(client =>
            {
                membership.AddTo(client);
                client.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (clusterId, clusterId));
            })
            .Build();
        var gateways = host.Services.GetRequiredService<IGatewayListProvider>();
        await gateways.InitializeGatewayListProvider().ConfigureAwait(false);
        return await ask(gateways).ConfigureAwait(false);
    }
}
