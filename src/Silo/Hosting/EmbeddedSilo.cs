using System.Net;
using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace LisaOrleans.Silo;

/// <summary>
/// A whole cluster of one silo in this process, on which <c>lisa train</c> runs. It uses the same grains as any other cluster.
/// </summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private EmbeddedSilo(IHost host) => _host = host;

    /// <summary>For calls to its grains.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Where the server listens; null where there is none.</summary>
    public Uri? HttpAddress =>
        _host.Services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.Select(a => new Uri(a)).FirstOrDefault();

    /// <summary>Runs that are at work here, or wait for room. Nobody goes on with them when this silo is gone.</summary>
    public IReadOnlyList<string> RunsAtWork => _host.Services.GetRequiredService<LocalRuns>().Names;

    /// <summary>Starts it.</summary>
    public static async Task<EmbeddedSilo> StartAsync(EmbeddedSiloOptions options, CancellationToken cancellationToken)
    {
        using var ports = new PortReservation();
        var port = ports.AddFree([IPAddress.Loopback]);
        var host = options.Http is { } server ? WithHttp(options, server, Configure) : WithoutHttp(Configure);
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

        void Configure(ISiloBuilder silo)
        {
            silo.UseLocalhostClustering(port, gatewayPort: 0)
                .Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromMinutes(10))
                .ConfigureServices(services => services.AddSingleton(options.Runs))
                .AddLisaSilo(options.Store, transport: null);
            ports.ServeBy(silo);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable host) await host.DisposeAsync();
        else _host.Dispose();
    }

    // Not the default builders: an embedded silo takes no settings from files or the environment, and leaves Ctrl-C alone.
    private static IHost WithoutHttp(Action<ISiloBuilder> configure) => new HostBuilder()
        .ConfigureLogging(Quiet)
        .UseOrleans(configure)
        .AddLisaTelemetry()
        .ConfigureServices(services => services.AddSingleton<IHostLifetime, NoLifetime>())
        .Build();

    private static WebApplication WithHttp(EmbeddedSiloOptions options, ISiloServer server, Action<ISiloBuilder> configure)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Configuration.Sources.Clear();
        Quiet(builder.Logging.ClearProviders());
        builder.AddLisaTelemetry(Environment.MachineName, null);
        server.Listen(builder.WebHost, IPAddress.Loopback, options.HttpPort);
        options.Ports?.ServeBy(builder.WebHost);
        server.AddServices(builder.Services);
        builder.UseOrleans(silo =>
        {
            configure(silo);
            server.AddToSilo(silo);
        });
        builder.Services.AddSingleton(new LeaseOptions());
        builder.Services.AddSingleton(new LeaseScope(Cluster: null, options.Run));
        builder.Services.AddHostedService<LeaseKeeper>();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var app = builder.Build();
        server.Map(app);
        return app;
    }

    private static void Quiet(ILoggingBuilder logging) => logging.AddFilter("Orleans", LogLevel.Error).AddFilter("Microsoft", LogLevel.Warning);
}
