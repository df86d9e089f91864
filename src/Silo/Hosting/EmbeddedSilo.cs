using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace LisaOrleans.Silo;

/// <summary>A whole cluster of one silo in this process: what <c>lisa train</c> runs on. The same grains as anywhere.</summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private EmbeddedSilo(IHost host) => _host = host;

    /// <summary>For calls to its grains.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Starts it.</summary>
    public static async Task<EmbeddedSilo> StartAsync(EmbeddedSiloOptions options, CancellationToken cancellationToken)
    {
        // Not the default builder: an embedded silo takes no settings from files or the environment, and leaves Ctrl-C alone.
        var host = new HostBuilder()
            .ConfigureLogging(logging => logging.AddFilter("Orleans", LogLevel.Error).AddFilter("Microsoft", LogLevel.Warning))
            .UseOrleans(silo => silo
                .UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0)
                .Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromMinutes(10))
                .AddLisaSilo(options.Store, transport: null))
            .AddLisaTelemetry()
            .Build();
        try
        {
            await host.StartAsync(cancellationToken);
            return new EmbeddedSilo(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable host) await host.DisposeAsync();
        else _host.Dispose();
    }

    private static int FreePort()
    {
        using var probe = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        return ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
    }
}
