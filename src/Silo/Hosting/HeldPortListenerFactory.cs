using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace LisaOrleans.Silo;

/// <summary>
/// Orleans' listeners on ports that are held. Orleans binds a socket of its own, so for a moment both have the port: it is free
/// at no time.
/// </summary>
/// <param name="orleans">Makes the listeners.</param>
/// <param name="ports">Holds ports; others are listened at as usual.</param>
internal sealed class HeldPortListenerFactory(IConnectionListenerFactory orleans, PortReservation ports) : IConnectionListenerFactory
{
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        using var held = ports.Take(endpoint);

        // Orleans' socket shares its port, but on Unix only with sockets that do so too. On Windows one that is bound can't be asked to,
        // nor has to be.
        if (!OperatingSystem.IsWindows()) held?.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        return await orleans.BindAsync(endpoint, cancellationToken).ConfigureAwait(false);
    }
}
