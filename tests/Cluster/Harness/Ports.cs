using System.Net;
using System.Net.Sockets;

namespace LisaOrleans.Cluster;

/// <summary>Ports of this machine that are free now.</summary>
internal static class Ports
{
    public static int Free()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
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
