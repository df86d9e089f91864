using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace LisaOrleans.Silo;

/// <summary>
/// Holds ports until their servers listen. Orleans' listeners share a port with whoever else listens there, as Unix lets them:
/// a second silo on the port would be taken for the first one restarted, and the first would then end. So ports are claimed
/// here, exclusively, before a silo touches its cluster.
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
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
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

    /// <summary>Claims any free port and returns it.</summary>
    public int AddFree(IPAddress address)
    {
        using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(address, 0));
        var port = ((IPEndPoint)probe.LocalEndPoint!).Port;
        probe.Dispose();
        return TryAdd(address, port) ? port : AddFree(address);
    }

    /// <summary>How many listen at a port, on all addresses.</summary>
    internal static int Listeners(IPEndPoint end) => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Count(l => l.Equals(end));

    /// <summary>Releases all ports for their servers.</summary>
    public void Dispose()
    {
        foreach (var socket in _held) socket.Dispose();
        _held.Clear();
    }
}
