using System.Net.Sockets;

namespace LisaOrleans.Silo;

/// <summary>A socket that fails where nothing moves for too long. One reader and one writer at a time.</summary>
internal sealed class TensorSocket : IDisposable
{
    // netinet/tcp.h
    private const int TcpLevel = 6;
    private const int TcpCork = 3;

    private readonly Socket _socket;
    private readonly TimeSpan _stall;

    // Of all operations, one after the other: a new source or a timer for each would cost more than what it guards.
    private readonly CancellationTokenSource _patience = new();

    public TensorSocket(Socket socket, TimeSpan stall)
    {
        socket.NoDelay = true;
        (_socket, _stall) = (socket, stall);
    }

    /// <summary>Whether the other end is known to be gone, or sent something unasked.</summary>
    public bool Dirty => _patience.IsCancellationRequested || _socket.Poll(0, SelectMode.SelectRead);

    /// <summary>
    /// Between Cork(true) and Cork(false) the system sends full segments only, so that the receiver is not woken for a byte.
    /// Linux only; elsewhere nothing happens.
    /// </summary>
    public void Cork(bool on)
    {
        if (OperatingSystem.IsLinux()) _socket.SetRawSocketOption(TcpLevel, TcpCork, BitConverter.GetBytes(on ? 1 : 0));
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        while (data.Length > 0)
        {
            var sending = _socket.SendAsync(data, SocketFlags.None, _patience.Token);
            data = data[(sending.IsCompletedSuccessfully
                ? sending.Result
                : await Timely(sending, _stall, cancellationToken).ConfigureAwait(false))..];
        }
    }

    /// <summary>Fills all of the memory. The wait for the first byte may be without a limit.</summary>
    public async ValueTask ReceiveAsync(Memory<byte> data, CancellationToken cancellationToken, bool wait = false)
    {
        while (data.Length > 0)
        {
            data = data[await ReceiveSomeAsync(data, cancellationToken, wait).ConfigureAwait(false)..];
            wait = false;
        }
    }

    /// <summary>Receives what there is, at least a byte; the number of bytes.</summary>
    public async ValueTask<int> ReceiveSomeAsync(Memory<byte> data, CancellationToken cancellationToken, bool wait = false)
    {
        var receiving = _socket.ReceiveAsync(data, SocketFlags.None, _patience.Token);
        var count = receiving.IsCompletedSuccessfully
            ? receiving.Result
            : await Timely(receiving, wait ? Timeout.InfiniteTimeSpan : _stall, cancellationToken).ConfigureAwait(false);
        return count > 0 ? count : throw new TensorTransportException("the other silo closed the connection") { Fault = TensorFault.Broken };
    }

    public void Dispose()
    {
        _socket.Dispose();
        _patience.Dispose();
    }

    // When this has ended nothing reads or writes the memory any more, which its owner may be about to free.
    private async ValueTask<int> Timely(ValueTask<int> moving, TimeSpan limit, CancellationToken cancellationToken)
    {
        _patience.CancelAfter(limit);
        try
        {
            await using (cancellationToken.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), _patience).ConfigureAwait(false))
            {
                return await moving.ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e)
        {
            _socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new TensorTransportException($"nothing moved for {_stall.TotalSeconds:0.#} s", e) { Fault = TensorFault.Stalled };
        }
        finally
        {
            _patience.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }
}
