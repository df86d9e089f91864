using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace LisaOrleans.Bench;

/// <summary>Forwards connections of one port to another, with so many bytes a second from there in all of them together.</summary>
internal sealed class ThrottledLink : IAsyncDisposable
{
    private const int Piece = 64 * 1024;

    private readonly CancellationTokenSource _end = new();
    private readonly TcpListener _listener;
    private readonly double _bytesPerSecond;
    private readonly Lock _lock = new();
    private readonly Task _work;
    private long _free = Stopwatch.GetTimestamp();
    private long _bytes;

    public ThrottledLink(double bytesPerSecond)
    {
        _bytesPerSecond = bytesPerSecond;
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _work = Accept();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; } = Ports.Free();

    /// <summary>Where it connects to.</summary>
    public int Target { get; } = Ports.Free();

    /// <summary>Bytes that came from there.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task Accept()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_end.Token);
            Forward(client).Ignore();
        }
    }

    private async Task Forward(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        await far.ConnectAsync(IPAddress.Loopback, Target, _end.Token);
        await Task.WhenAny(Copy(near.GetStream(), far.GetStream(), throttled: false), Copy(far.GetStream(), near.GetStream(), throttled: true));
    }

    private async Task Copy(NetworkStream from, NetworkStream to, bool throttled)
    {
        var buffer = new byte[Piece];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var count)
        {
            if (throttled && Wait(count) is { TotalMilliseconds: > 1 } wait) await Task.Delay(wait, _end.Token);
            await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
        }
    }

    // How long until the link is free for these bytes.
    private TimeSpan Wait(int count)
    {
        lock (_lock)
        {
            var now = Stopwatch.GetTimestamp();
            _bytes += count;
            _free = Math.Max(_free, now) + (long)(count / _bytesPerSecond * Stopwatch.Frequency);
            return Stopwatch.GetElapsedTime(now, _free);
        }
    }
}
