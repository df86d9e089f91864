using System.Net;
using System.Security.Cryptography.X509Certificates;

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

        // A predecessor at this silo's address may still be listed.
        var own = new IPEndPoint(silo.Host, silo.GatewayPort);
        var refusal = await ListedGateways.AskAsync(
            silo.Membership, silo.ClusterId, g => GatewayProbe.FindRefusalAsync(g, new TlsCredentials(files), own, cancellationToken))
                .ConfigureAwait(false);
        if (refusal is not null) throw refusal;
    }
}
