using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using LisaOrleans.Grains;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Listens for other silos that claim tensors: they send a ticket's process and number, and get one byte (1: here it comes, 0:
/// not here), the tensor's bytes, and their hash; then they confirm with one byte. Until then the tensor stays here.
/// </summary>
internal sealed partial class TensorServer : IAsyncDisposable
{
    /// <summary>Bytes of a request: the holder's process, and the ticket's number.</summary>
    public const int RequestBytes = 16 + sizeof(long);

    /// <summary>The byte that comes before a tensor's bytes, and the one that confirms their receipt.</summary>
    public const byte Present = 1;

    private const byte Absent = 0;

    // Those of other silos, which have the secret, are as many as there are replicas that follow the owners of parts.
    private const int MaxStrangers = 256;

    private static readonly TimeSpan s_acceptPause = TimeSpan.FromMilliseconds(100);

    private readonly TensorTransportOptions _options;
    private readonly Guid _process;
    private readonly Func<long, HeldTensor?> _begin;
    private readonly Action<long, HeldTensor, bool> _end;
    private readonly Func<HeldTensor, Task<TorchSharp.torch.Tensor>> _toHost;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener;
    private readonly List<Task> _serving = [];
    private readonly Task _accepting;

    // Connections that have not shown yet that they have the secret.
    private int _strangers;

    public TensorServer(
        TensorTransportOptions options, Guid process, Func<long, HeldTensor?> begin, Action<long, HeldTensor, bool> end,
        Func<HeldTensor, Task<TorchSharp.torch.Tensor>> toHost, ILogger logger)
    {
        (_options, _process, _begin, _end, _toHost, _logger) = (options, process, begin, end, toHost, logger);
        _listener = Listen(options);
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // After this, no transfer can put back a tensor that nobody would free any more.
        await Task.WhenAll(_serving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static Socket Listen(TensorTransportOptions options)
    {
        var end = new IPEndPoint(options.Address, options.Port);
        if (options.Ports?.Take(end) is { } held) return held;
        var socket = PortReservation.NewSocket(end.Address);
        try
        {
            socket.Bind(end);
            socket.Listen();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                // Usually out of file handles: some will be free again soon.
                LogAcceptFailed(e);
                await Task.Delay(s_acceptPause, _stop.Token).ConfigureAwait(false);
                continue;
            }

            _serving.RemoveAll(s => s.IsCompleted);
            if (Volatile.Read(ref _strangers) < MaxStrangers)
            {
                Interlocked.Increment(ref _strangers);
                _serving.Add(ServeAsync(socket, _stop.Token));
            }
            else
            {
                socket.Dispose();
            }
        }
    }

    private async Task ServeAsync(Socket accepted, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var socket = await WelcomeAsync(accepted, cancellationToken).ConfigureAwait(false);
            var request = new byte[RequestBytes];
            while (true)
            {
                await socket.ReceiveAsync(request, cancellationToken, wait: true).ConfigureAwait(false);
                var id = BinaryPrimitives.ReadInt64LittleEndian(request.AsSpan(16));
                await AnswerAsync(socket, id, new Guid(request.AsSpan(0, 16)) == _process ? _begin(id) : null, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Silos come and go; the claimant of a broken transfer hears of it at its own end.
            LogClosed(e.Message);
        }
        catch (Exception e)
        {
            LogFailed(e);
        }
    }

    private async Task<TensorSocket> WelcomeAsync(Socket accepted, CancellationToken cancellationToken)
    {
        TensorSocket? socket = null;
        try
        {
            socket = new TensorSocket(accepted, _options.StallTimeout);
            await GreetAsync(socket, accepted.RemoteEndPoint, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket?.Dispose();
            accepted.Dispose();
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _strangers);
        }
    }

    // The whole greeting must fit in the stall time, so that nobody without the secret can hold a connection by sending slowly.
    private async Task GreetAsync(TensorSocket socket, EndPoint? other, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.StallTimeout);
        try
        {
            if (_options.Tls is { } tls) await socket.SecureAsServerAsync(tls, patience.Token).ConfigureAwait(false);
        }
        catch (TensorTransportException e)
        {
            LogRefused(other, e.Message);
            throw;
        }

        await TensorHandshake.AcceptAsync(socket, _options.Secret, patience.Token).ConfigureAwait(false);
    }

    private async Task AnswerAsync(TensorSocket socket, long id, HeldTensor? held, CancellationToken cancellationToken)
    {
        if (held is null)
        {
            await socket.SendAsync((byte[])[Absent], cancellationToken).ConfigureAwait(false);
            return;
        }

        var started = Stopwatch.GetTimestamp();
        var sent = false;
        try
        {
            using var host = await _toHost(held).ConfigureAwait(false);
            try
            {
                socket.Cork(true);
                await socket.SendAsync((byte[])[Present], cancellationToken).ConfigureAwait(false);
                await TensorPayload.SendAsync(socket, host, host.numel() * host.element_size(), cancellationToken).ConfigureAwait(false);
                socket.Cork(false);
                await socket.ReceiveAsync(new byte[1], cancellationToken).ConfigureAwait(false);
                sent = true;
            }
            finally
            {
                // Must come before the tensor waits for another try or its memory is freed.
                if (!sent) socket.Dispose();
            }
        }
        finally
        {
            _end(id, held, sent);
            if (sent) TransportTelemetry.Sent(held.Bytes, Stopwatch.GetElapsedTime(started));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A connection to the tensor port failed")]
    private partial void LogAcceptFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A connection of {Other} to the tensor port is refused: {Reason}")]
    private partial void LogRefused(EndPoint? other, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A tensor could not be sent")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A tensor connection ended: {Reason}")]
    private partial void LogClosed(string reason);
}
