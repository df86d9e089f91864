using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Messaging;

namespace LisaOrleans.Silo;

/// <summary>Whether a silo can use a certificate.</summary>
public static class SiloCertificate
{
    /// <summary>Reads the certificate and checks it as the others will.</summary>
    /// <param name="options">The files.</param>
    /// <param name="address">The address at which the others reach the silo; null for a client.</param>
    /// <returns>The certificate.</returns>
    /// <exception cref="ClusterTlsException">The certificate cannot be used, or is for other names.</exception>
    public static X509Certificate2 Check(ClusterTlsOptions options, IPAddress? address)
    {
        var credentials = new TlsCredentials(options);
        if (address is not null) credentials.CheckName(address);
        return credentials.Current.Own.TargetCertificate;
    }

    /// <summary>
    /// Asks the silos that are there, before this one joins, whether they and it accept each other's certificates. Orleans
    /// would try for minutes without giving the reason.
    /// </summary>
    /// <param name="silo">This one.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    /// <exception cref="ClusterTlsException">One of them does not.</exception>
    public static async Task CheckAcceptedAsync(ClusterSiloOptions silo, CancellationToken cancellationToken)
    {
        if (silo.Tls is not { } files) return;
        using var host = new HostBuilder()
            .ConfigureLogging(l => l.ClearProviders())
            .UseOrleansClient(client =>
            {
                silo.Membership.AddTo(client);
                client.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (silo.ClusterId, silo.ClusterId));
            })
            .Build();
        var gateways = host.Services.GetRequiredService<IGatewayListProvider>();
        await gateways.InitializeGatewayListProvider().ConfigureAwait(false);

        // A predecessor at this silo's address may still be listed.
        var own = new IPEndPoint(silo.Host, silo.GatewayPort);
        if (await GatewayProbe.FindRefusalAsync(gateways, new TlsCredentials(files), own, cancellationToken).ConfigureAwait(false) is { } refusal)
            throw refusal;
    }
}
