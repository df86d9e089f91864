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
    private const int Count = 12_000;

    private static int s_next = Random.Shared.Next(Count);

    /// <summary>A port that is free now and that this process is given once.</summary>
    public static int Free()
    {
        for (var tries = 0; tries < Count; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref s_next) % Count);
            using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                // Somebody has it: the next one.
            }
        }

        throw new InvalidOperationException($"no port of {First} to {First + Count - 1} is free");
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
}
