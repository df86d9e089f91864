using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

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
        Assert.NotEqual(end.Port, reservation.AddFree([IPAddress.Loopback]));
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
    public async Task ServeBy_whoever_connects_before_the_server_is_up_is_answered_and_the_port_is_never_free()
    {
        var port = Ports.Free();
        using var reservation = new PortReservation();
        using var other = new PortReservation();
        Assert.True(reservation.TryAdd([IPAddress.Loopback], port));
        using var http = new HttpClient();
        var early = http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"), TestContext.Current.CancellationToken);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port));
        reservation.ServeBy(builder.WebHost);
        await using var app = builder.Build();
        app.MapGet("/", () => "up");
        Assert.False(other.TryAdd(IPAddress.Loopback, port));
        await app.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("up", await early);
        Assert.False(other.TryAdd(IPAddress.Loopback, port));
    }

    [Fact]
    public async Task ServeBy_silo_listens_at_ports_that_were_free_at_no_time()
    {
        using var reservation = new PortReservation();
        int[] ports = [reservation.AddFree([IPAddress.Loopback]), reservation.AddFree([IPAddress.Loopback])];
        var taken = new List<bool>();
        using var host = new HostBuilder()
            .ConfigureLogging(l => l.ClearProviders())
            .UseOrleans(silo =>
            {
                silo.UseLocalhostClustering(ports[0], ports[1]);
                silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(new Thief(ports, taken));
                reservation.ServeBy(silo);
            })
            .Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        using var other = new PortReservation();
        taken.AddRange(ports.Select(p => other.TryAdd(IPAddress.Loopback, p)));
        Assert.Equal([false, false, false, false, false, false], taken);
        Assert.All(ports, p => Assert.Equal(1, PortReservation.Listeners(new IPEndPoint(IPAddress.Loopback, p))));
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.True(other.TryAdd(IPAddress.Loopback, ports[0]));
    }

    [Fact]
    public void TryAdd_all_addresses_include_those_of_IPv4()
    {
        using var taken = new PortReservation();
        using var reservation = new PortReservation();
        var port = taken.AddFree([IPAddress.Any]);
        Assert.False(reservation.TryAdd(IPAddress.IPv6Any, port));
        taken.Dispose();
        Assert.True(reservation.TryAdd(IPAddress.IPv6Any, port));
        Assert.False(taken.TryAdd(IPAddress.Loopback, port));
    }

    [Fact]
    public void TryAdd_several_addresses_claims_all_or_none()
    {
        var port = Ports.Free();
        using var taken = new PortReservation();
        using var reservation = new PortReservation();
        Assert.True(taken.TryAdd(IPAddress.Parse("127.0.0.2"), port));
        Assert.False(reservation.TryAdd([IPAddress.Loopback, IPAddress.Parse("127.0.0.2")], port));
        Assert.True(taken.TryAdd(IPAddress.Loopback, port));
        Assert.NotEqual(port, reservation.AddFree([IPAddress.Loopback, IPAddress.Parse("127.0.0.2")]));
    }

    [Fact]
    public void TryAdd_address_of_another_machine_is_an_error()
    {
        using var reservation = new PortReservation();
        var e = Assert.Throws<SocketException>(() => reservation.TryAdd(IPAddress.Parse("192.0.2.1"), Ports.Free()));
        Assert.Equal(SocketError.AddressNotAvailable, e.SocketErrorCode);
    }

    // Tries to take the ports just before and just after the silo's listeners are bound.
    private sealed class Thief(int[] ports, List<bool> taken) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle)
        {
            foreach (var stage in (int[])[ServiceLifecycleStage.RuntimeInitialize - 2, ServiceLifecycleStage.RuntimeInitialize])
                lifecycle.Subscribe(nameof(Thief), stage, _ => Steal());
        }

        private Task Steal()
        {
            using var other = new PortReservation();
            taken.AddRange(ports.Select(p => other.TryAdd(IPAddress.Loopback, p)));
            return Task.CompletedTask;
        }
    }
}
