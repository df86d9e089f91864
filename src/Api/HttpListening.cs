using System.Net;

namespace LisaOrleans.Api;

/// <summary>Where the HTTP server of a silo listens: beyond loopback only if it has keys.</summary>
public static class HttpListening
{
    /// <summary>The addresses, of which the last is the one for others.</summary>
    /// <param name="host">Where the silo listens: an address of this machine, or all of them.</param>
    /// <param name="hasKeys">Whether callers need a key.</param>
    /// <returns>
    /// Each with whether it is the server's own address, which speaks HTTPS where there is a certificate. Loopback beside another
    /// one is for health probes and proxies on this machine, which then need neither that address nor TLS.
    /// </returns>
    public static IReadOnlyList<(IPAddress Address, bool IsOwn)> At(IPAddress host, bool hasKeys)
    {
        // A listener on all addresses includes loopback.
        var all = host.Equals(IPAddress.Any) || host.Equals(IPAddress.IPv6Any);
        return IPAddress.IsLoopback(host) || (hasKeys && all) ? [(host, true)]
            : hasKeys ? [(IPAddress.Loopback, false), (host, true)]
            : [(IPAddress.Loopback, false)];
    }
}
