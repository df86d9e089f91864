using System.Net;
using System.Net.Sockets;

namespace LisaOrleans.Silo.Tests;

public sealed class PortReservationTests
{
    [Fact]
    public void TryAdd_port_of_a_listener_is_refused_also_where_that_shares_it()
    {
        // As Orleans' listeners do: on Unix that also lets a second process listen there.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Ports.Free()));
        listener.Listen();
        var end = (IPEndPoint)listener.LocalEndPoint!;
        using var reservation = new PortReservation();
        Assert.False(reservation.TryAdd(IPAddress.Loopback, end.Port));
        Assert.Equal(1, PortReservation.Listeners(new IPEndPoint(IPAddress.Loopback, end.Port)));
        Assert.NotEqual(end.Port, reservation.AddFree(IPAddress.Loopback));
    }

    [Fact]
    public void TryAdd_port_is_had_once_until_it_is_let_go_of()
    {
        var port = Ports.Free();
        using var first = new PortReservation();
        using var second = new PortReservation();
        Assert.True(first.TryAdd(IPAddress.Loopback, port));
        Assert.False(first.TryAdd(IPAddress.Loopback, port));
        Assert.False(second.TryAdd(IPAddress.Loopback, port));
        first.Dispose();
        Assert.True(second.TryAdd(IPAddress.Loopback, port));
    }

    [Fact]
    public void TryAdd_address_of_another_machine_is_an_error()
    {
        using var reservation = new PortReservation();
        var e = Assert.Throws<SocketException>(() => reservation.TryAdd(IPAddress.Parse("192.0.2.1"), Ports.Free()));
        Assert.Equal(SocketError.AddressNotAvailable, e.SocketErrorCode);
    }
}
