using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace LisaOrleans.Silo;

/// <summary>
/// Declares a silo dead as soon as its machine says so: when its process ends, connections to it break, and its port refuses another one.
/// Orleans' probes would take seconds to find that out. A machine that vanishes says nothing; that is left to them.
/// </summary>
internal sealed partial class DeathWatch(
    IClusterMembershipService membership, ILocalSiloDetails local, TimeProvider time, ILogger<DeathWatch> logger) : BackgroundService
{
    private const int ChecksAtOneTime = 16;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    // A process may end with one socket before the other.
    private static readonly TimeSpan[] s_pauses = [.. ((int[])[0, 50, 200]).Select(ms => TimeSpan.FromMilliseconds(ms))];

    private readonly Channel<EndPoint> _broken = Channel.CreateUnbounded<EndPoint>();

    // The ends in that channel: however many connections with one break, it is looked at once.
    private readonly ConcurrentDictionary<EndPoint, bool> _queued = new();

    /// <summary>Adds it to a silo: it hears of each connection with another silo that ends.</summary>
    public static void AddTo(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<DeathWatch>();
        silo.Services.AddHostedService(s => s.GetRequiredService<DeathWatch>());
        silo.Services.AddOptions<SiloConnectionOptions>()
            .Configure<DeathWatch>((connections, watch) =>
            {
                connections.ConfigureSiloOutboundConnection(watch.Follow);
                connections.ConfigureSiloInboundConnection(watch.Follow);
            });
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Parallel.ForEachAsync(
        _broken.Reader.ReadAllAsync(stoppingToken),
        new ParallelOptions { MaxDegreeOfParallelism = ChecksAtOneTime, CancellationToken = stoppingToken },
        (end, token) => new ValueTask(TryCheckAsync(end, token)));

    private void Follow(IConnectionBuilder connection) => connection.Use(next => async context =>
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            if (context.RemoteEndPoint is { } end && _queued.TryAdd(end, true)) _broken.Writer.TryWrite(end);
        }
    });

    private async Task TryCheckAsync(EndPoint end, CancellationToken cancellationToken)
    {
        // One that breaks from here on is to be looked at again.
        _queued.TryRemove(end, out _);
        try
        {
            await CheckAsync(end, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The membership cannot be read or written now; Orleans' probes go on trying.
            LogNotDeclared(end, e.Message);
        }
    }

    private async Task CheckAsync(EndPoint end, CancellationToken cancellationToken)
    {
        foreach (var pause in s_pauses)
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            foreach (var silo in Behind(end))
            {
                if (!await RefusesAsync(silo.Endpoint, cancellationToken).ConfigureAwait(false)) continue;

                // One that leaves says so in the table before it closes its port.
                await membership.Refresh(default, cancellationToken).ConfigureAwait(false);
                if (IsActive(silo) && await membership.TryKill(silo).ConfigureAwait(false)) LogDead(silo);
                return;
            }
        }
    }

    // A connection that came from there has a port of its own: then it is one of the silos of that machine.
    private SiloAddress[] Behind(EndPoint end)
    {
        if (end is not IPEndPoint { Address: var address }) return [];
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        SiloAddress[] there =
        [
            .. membership.CurrentSnapshot.Members.Keys
                .Where(s => !s.Equals(local.SiloAddress) && s.Endpoint.Address.Equals(address) && IsActive(s)),
        ];
        return Array.Find(there, s => s.Endpoint.Equals(end)) is { } silo ? [silo] : there;
    }

    private bool IsActive(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;

    private static async Task<bool> RefusesAsync(EndPoint end, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            await socket.ConnectAsync(end, patience.Token).ConfigureAwait(false);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} is dead: its connection broke, and its port refuses another one")]
    private partial void LogDead(SiloAddress silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether the silo at {End} is dead could not be noted; probes will find out: {Reason}")]
    private partial void LogNotDeclared(EndPoint end, string reason);
}
