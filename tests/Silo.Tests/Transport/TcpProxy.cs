using System.Net;
using System.Net.Sockets;

namespace LisaOrleans.Silo.Tests;

/// <summary>Stands between two silos, and does to the holder's answers what networks do.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _silent = new();
    private readonly IPEndPoint _target;
    private readonly Task _accepting;
    private int _connections;

    /// <param name="target">The silo.</param>
    /// <param name="address">Where it is to be reached; null for loopback.</param>
    public TcpProxy(IPEndPoint target, IPAddress? address = null)
    {
        (_target, _listener) = (target, new TcpListener(address ?? IPAddress.Loopback, 0));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <value>The byte of a connection's answers that is flipped.</value>
    public long FlipAt { get; init; } = long.MaxValue;

    /// <value>From this byte on nothing is forwarded; the connection stays open.</value>
    public long SilentFrom { get; init; } = long.MaxValue;

    /// <value>At this byte the connection is closed.</value>
    public long CloseAt { get; init; } = long.MaxValue;

    /// <value>How many connections have these faults; those after them work.</value>
    public int FaultyConnections { get; init; } = int.MaxValue;

    /// <summary>Connections that claimants have made.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Ends when <see cref="SilentFrom"/> was reached.</summary>
    public Task Silent => _silent.Task;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(ForwardAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        finally
        {
            await Task.WhenAll(connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ForwardAsync(TcpClient claimant)
    {
        using var near = claimant;
        var faulty = Interlocked.Increment(ref _connections) <= FaultyConnections;
        using var far = new TcpClient();
        await far.ConnectAsync(_target, _stop.Token);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var requests = near.GetStream().CopyToAsync(far.GetStream(), ended.Token);
        await Task.WhenAny(requests, faulty
            ? AnswersAsync(near.GetStream(), far.GetStream(), ended.Token)
            : far.GetStream().CopyToAsync(near.GetStream(), ended.Token));
        await ended.CancelAsync();
    }

    private async Task AnswersAsync(NetworkStream near, NetworkStream far, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        for (long at = 0; at < CloseAt;)
        {
            var count = await far.ReadAsync(buffer, cancellationToken);
            if (count == 0) return;
            if (FlipAt >= at && FlipAt < at + count) buffer[FlipAt - at] ^= 1;
            var forward = (int)Math.Min(count, Math.Max(0, Math.Min(SilentFrom, CloseAt) - at));
            await near.WriteAsync(buffer.AsMemory(0, forward), cancellationToken);
            at += count;
            if (at <= SilentFrom) continue;
            _silent.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
