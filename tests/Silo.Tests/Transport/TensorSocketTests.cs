using System.Net.Sockets;

namespace LisaOrleans.Silo.Tests;

public sealed class TensorSocketTests
{
    // A machine that is taken away closes nothing, and both ends keep connections that wait for the next tensor.
    [Fact]
    public void TensorSocket_asks_the_other_end_of_an_idle_connection_whether_it_is_there()
    {
        using var raw = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var socket = new TensorSocket(raw, TimeSpan.FromSeconds(1));
        Assert.Equal(1, raw.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal(30, raw.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
        Assert.Equal(5, raw.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval));
        Assert.Equal(3, raw.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));
    }
}
