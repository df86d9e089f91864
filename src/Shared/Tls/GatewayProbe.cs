using System.Net;
using Orleans.Messaging;

namespace LisaOrleans;

/// <summary>
/// Asks the silos of a cluster, through their gateways, whether they and this end accept each other's certificates.
/// </summary>
internal static class GatewayProbe
{
    /// <summary>Why one does not; null if all that answer do.</summary>
    /// <param name="gateways">Where the gateways are.</param>
    /// <param name="credentials">This end's certificates; null where it has none.</param>
    /// <param name="except">A gateway that is not asked; null for none.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    public static async Task<ClusterTlsException?> FindRefusalAsync(
        IGatewayListProvider gateways, TlsCredentials? credentials, IPEndPoint? except, CancellationToken cancellationToken)
    {
        var ends = (await gateways.GetGateways().ConfigureAwait(false))
            .Select(g => new IPEndPoint(IPAddress.Parse(g.Host.Trim('[', ']')), g.Port)).Where(e => !e.Equals(except));
        var refusals = await Task.WhenAll(ends.Select(AskAsync)).ConfigureAwait(false);
        return refusals.FirstOrDefault(r => r is not null);

        async Task<ClusterTlsException?> AskAsync(IPEndPoint end) =>
            await TlsProbe.FindRefusalAsync(end, credentials, cancellationToken).ConfigureAwait(false) is { } reason
                ? new ClusterTlsException($"silo {end}: {reason}")
                : null;
    }
}
