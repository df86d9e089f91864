using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace LisaOrleans.Silo;

/// <summary>
/// Holds ports until their servers listen, so that nobody can take one in between. Orleans' listeners share a port with whoever
/// else listens there, as Unix lets them: a second silo on the port would be taken for the first one restarted, and the first
/// would then end. So ports are claimed here, exclusively, before a silo touches its cluster.
/// </summary>
public sealed class PortReservation : IDisposable
{
    private readonly List<Socket> _held = [];

    /// <summary>Claims a port.</summary>
    /// <param name="address">An address of this machine.</param>
    /// <param name="port">The port.</param>
    /// <returns>False if it is in use, even by this reservation.</returns>
    /// <exception cref="SocketException">This machine does not have the address, or the user may not use the port.</exception>
    public bool TryAdd(IPAddress address, int port)
    {
        var socket = NewSocket(address);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            _held.Add(socket);
            return true;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            if (e.SocketErrorCode == SocketError.AddressAlreadyInUse) return false;
            throw;
        }
    }

    /// <summary>Claims a port of all of some addresses, or of none.</summary>
    /// <param name="addresses">Addresses of this machine.</param>
    /// <param name="port">The port.</param>
    /// <returns>False if it is in use at one of them.</returns>
    /// <exception cref="SocketException">This machine does not have an address, or the user may not use the port.</exception>
    public bool TryAdd(IReadOnlyList<IPAddress> addresses, int port)
    {
        var before = _held.Count;
        if (addresses.All(a => TryAdd(a, port))) return true;
        foreach (var socket in _held[before..]) socket.Dispose();
        _held.RemoveRange(before, _held.Count - before);
        return false;
    }

    /// <summary>Claims a port that is free at all of some addresses and returns it.</summary>
    public int AddFree(IReadOnlyList<IPAddress> addresses)
    {
        while (true)
        {
            using var probe = NewSocket(addresses[0]);
            probe.Bind(new IPEndPoint(addresses[0], 0));
            var port = ((IPEndPoint)probe.LocalEndPoint!).Port;
            probe.Dispose();
            if (TryAdd(addresses, port)) return port;
        }
    }

    /// <summary>
    /// Has a web server take over the sockets that listen at its ports, so that nobody can take a port before the server is up.
    /// Who connects meanwhile waits until then.
    /// </summary>
    public void ServeBy(IWebHostBuilder web) => web.UseSockets(options => options.CreateBoundListenSocket = end =>
        Take(end) ?? SocketTransportOptions.CreateDefaultBoundListenSocket(end));

    /// <summary>Has a silo's listeners take over their ports. Each port is let go of only once its listener is there.</summary>
    public void ServeBy(ISiloBuilder silo)
    {
        for (var i = 0; i < silo.Services.Count; i++)
        {
            var service = silo.Services[i];
            if (service.ServiceType != typeof(IConnectionListenerFactory) || !service.IsKeyedService) continue;
            var make = service.KeyedImplementationFactory
                ?? throw new NotSupportedException("Orleans makes its listeners otherwise than this version knows");
            silo.Services[i] = new ServiceDescriptor(
                service.ServiceType, service.ServiceKey,
                (services, key) => new HeldPortListenerFactory((IConnectionListenerFactory)make(services, key), this),
                service.Lifetime);
        }
    }

    /// <summary>The socket that listens at a port, which the caller now owns; null where the port is not held.</summary>
    internal Socket? Take(EndPoint end)
    {
        // Listeners for silos and for clients start at the same time.
        lock (_held)
        {
            var socket = _held.Find(s => s.LocalEndPoint!.Equals(end));
            if (socket is not null) _held.Remove(socket);
            return socket;
        }
    }

    /// <summary>A socket as all servers make one: :: stands for the addresses of IPv4, too.</summary>
    internal static Socket NewSocket(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
        return socket;
    }

    /// <summary>How many listen at a port, on all addresses.</summary>
    internal static int Listeners(IPEndPoint end) => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Count(l => l.Equals(end));

    /// <summary>Releases all ports that no server has taken over.</summary>
    public void Dispose()
    {
        foreach (var socket in _held) socket.Dispose();
        _held.Clear();
    }
}
