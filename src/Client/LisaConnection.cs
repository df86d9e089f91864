using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Messaging;
using Orleans.Runtime.Messaging;
using Orleans.Serialization;

namespace LisaOrleans.Client;

/// <summary>A connection to a cluster, found through its Redis or its tables. It finds another silo by itself when one leaves.</summary>
public sealed class LisaConnection : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private readonly IHost _host;
    private readonly GatewayWatch _gateways;

    private LisaConnection(IHost host, GatewayWatch gateways) => (_host, _gateways) = (host, gateways);

    /// <summary>Cancelled when a connection to one of the cluster's gateways breaks: calls made through it will not be answered.</summary>
    public CancellationToken GatewayLost => _gateways.Lost;

    /// <summary>The cluster's grains.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>The cluster as a whole.</summary>
    public IClusterGrain Cluster => Grains.GetGrain<IClusterGrain>(0);

    /// <summary>A run of the cluster.</summary>
    /// <param name="name">The run's name.</param>
    public IRunGrain Run(string name) => Grains.GetGrain<IRunGrain>(name);

    /// <summary>Connects.</summary>
    /// <param name="options">Where the cluster is, and how long to look for a live silo.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    /// <exception cref="ClusterUnavailableException">No silo answered in time.</exception>
    /// <exception cref="ClusterTlsException">Client and silos do not accept each other's certificates, or one has none.</exception>
    public static Task<LisaConnection> OpenAsync(LisaClientOptions options, CancellationToken cancellationToken) =>
        OpenAsync(options, null, cancellationToken);

    internal static async Task<LisaConnection> OpenAsync(LisaClientOptions options, ILoggerFactory? logging, CancellationToken cancellationToken)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timed.CancelAfter(options.ConnectTimeout);
        var clusterId = options.ClusterId;
        var membership = new ClientMembership(options);
        var credentials = options.Tls is { } files ? new TlsCredentials(files) : null;
        ClusterTlsException? refusal = null;
        string? refused = null;
        Exception? last = null;
        IHost? started = null;
        var gateways = new GatewayWatch();
        var host = started = new HostBuilder()
            .ConfigureServices(services => services
                .AddSingleton(logging ?? NullLoggerFactory.Instance)
                .AddSingleton<IHostLifetime, NoLifetime>()

                // An exception of a type that is not known here would lose its message.
                .Configure<ExceptionSerializationOptions>(o => o.SupportedNamespacePrefixes.Add(nameof(LisaOrleans))))
            .UseOrleansClient(client => membership.AddTo(client)
                .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (clusterId, clusterId))
                .Configure<ClientConnectionOptions>(o => o.ConfigureConnection(new OrleansTls(credentials, (_, _) => { }).AddClient))
                .Configure<GatewayOptions>(o => o.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1))
                .AddGatewayCountChangedHandler(gateways.OnCountChanged)
                .UseConnectionRetryFilter(async (failure, token) =>
                {
                    if (failure is not OperationCanceledException) last = failure;
                    if (timed.IsCancellationRequested || ClientMembership.IsRefusal(failure)) return false;
                    if (failure is ConnectionFailedException)
                    {
                        var found = started!.Services.GetRequiredService<IGatewayListProvider>();
                        refusal = await GatewayProbe.FindRefusalAsync(found, credentials, except: null, token).ConfigureAwait(false);
                        if (refusal is not null) return false;
                    }

                    await Task.Delay(s_pause, token).ConfigureAwait(false);
                    return true;
                }))
            .Build();
        try
        {
            var (starting, asked) = (host.StartAsync(timed.Token), membership.FindRefusalAsync(clusterId));
            if (await Task.WhenAny(starting, asked).ConfigureAwait(false) == asked) refused = await asked.ConfigureAwait(false);
            if (refused is not null) await timed.CancelAsync().ConfigureAwait(false);
            await starting.ConfigureAwait(false);
            return new LisaConnection(host, gateways);
        }
        catch (Exception e)
        {
            host.Dispose();
            if (cancellationToken.IsCancellationRequested) throw;
            if (refusal is not null) throw refusal;
            if (refused is not null) throw new ClusterUnavailableException($"no silo of cluster '{clusterId}' can be found: Redis at {refused}", e);
            var reason = e is OperationCanceledException ? last : e;
            throw new ClusterUnavailableException(
                $"no silo of cluster '{clusterId}' found through {membership.Place} within {options.ConnectTimeout.TotalSeconds:0} s"
                    + $"{(reason is null ? "" : $": {ClientMembership.Describe(reason)}")}", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync().ConfigureAwait(false);
        _host.Dispose();
    }
}
