using System.Net;
using System.Net.Sockets;

namespace LisaOrleans.Tests;

/// <summary>
/// Ports for servers that a test starts a little later. They lie below those that the system gives to outgoing connections:
/// one of these could take a port between the moment it was found free and the moment its server listens.
/// </summary>
internal static class Ports
{
    private const int First = 20_000;
    private const int Shares = 12;
    private const int Count = 1_000;

    // The first port of the share is held as long as the process lives: tests of several projects may run at one time.
    private static readonly Socket s_share = Share();
    private static readonly int s_first = ((IPEndPoint)s_share.LocalEndPoint!).Port + 1;
    private static int s_next = Random.Shared.Next(Count - 1);

    /// <summary>A port that is free now. No other process of tests is given it.</summary>
    public static int Free()
    {
        for (var tries = 1; tries < Count; tries++)
        {
            var port = s_first + (int)((uint)Interlocked.Increment(ref s_next) % (Count - 1));
            using var probe = Bound(IPAddress.Any, port);
            if (probe is not null) return port;
        }

        throw new InvalidOperationException($"no port from {s_first} on is free");
    }

    /// <summary>Waits until somebody listens.</summary>
    public static async Task WaitAsync(int port, TimeSpan patience)
    {
        using var time = new CancellationTokenSource(patience);
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, time.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, time.Token);
            }
        }
    }

    private static Socket Share()
    {
        for (var share = 0; share < Shares; share++)
            if (Bound(IPAddress.Loopback, First + (share * Count), listens: true) is { } socket) return socket;
        throw new InvalidOperationException($"{Shares} other programs have the ports of tests, from {First} on");
    }

    // Null where somebody has the port. Two may be bound to it as long as neither listens.
    private static Socket? Bound(IPAddress address, int port, bool listens = false)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            if (listens) socket.Listen(1);
            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
    }
}
