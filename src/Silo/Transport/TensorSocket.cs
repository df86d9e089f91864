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

    public TensorSocket(Socket socket, TimeSpan stall)
    {
        socket.NoDelay = true;
        (_socket, _stall) = (socket, stall);
    }

    /// <summary>Whether the other end is known to be gone, or sent something unasked.</summary>
    public bool Dirty => _socket.Poll(0, SelectMode.SelectRead);

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
            var sending = _socket.SendAsync(data, SocketFlags.None, cancellationToken);
            data = data[(sending.IsCompletedSuccessfully ? sending.Result : await Timely(sending, cancellationToken).ConfigureAwait(false))..];
        }
    }

    public async ValueTask ReceiveAsync(Memory<byte> data, CancellationToken cancellationToken, bool wait = false)
    {
        while (data.Length > 0)
        {
            var receiving = _socket.ReceiveAsync(data, SocketFlags.None, cancellationToken);
            var count = receiving.IsCompletedSuccessfully ? receiving.Result
                : wait ? await receiving.ConfigureAwait(false)
                : await Timely(receiving, cancellationToken).ConfigureAwait(false);
            if (count == 0) throw new TensorTransportException("the other silo closed the connection") { Fault = TensorFault.Broken };
            (data, wait) = (data[count..], false);
        }
    }

    public void Dispose() => _socket.Dispose();

    private async ValueTask<int> Timely(ValueTask<int> operation, CancellationToken cancellationToken)
    {
        var moving = operation.AsTask();
        try
        {
            return await moving.WaitAsync(_stall, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The operation may be still reading or writing the memory, which its owner is about to free.
            _socket.Dispose();
            await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (e is OperationCanceledException) throw;
            throw new TensorTransportException($"nothing moved for {_stall.TotalSeconds:0.#} s", e) { Fault = TensorFault.Stalled };
        }
    }
}
