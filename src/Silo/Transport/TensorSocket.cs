using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace LisaOrleans.Silo;

/// <summary>
/// A socket, with or without TLS, that fails if nothing moves for too long. One reader and one writer at a time.
/// </summary>
internal sealed class TensorSocket : IDisposable
{
    // netinet/tcp.h
    private const int TcpLevel = 6;
    private const int TcpCork = 3;

    // A machine that was taken away says nothing: an idle connection to it ends after about 45 seconds.
    private const int SecondsUntilProbe = 30;
    private const int SecondsBetweenProbes = 5;
    private const int Probes = 3;

    private static readonly SslApplicationProtocol s_protocol = new("lisa-tensors");

    private readonly Socket _socket;
    private readonly TimeSpan _stall;

    // Shared by all operations, one after the other: a new source or timer for each would cost more than the operation itself.
    private readonly CancellationTokenSource _patience = new();
    private SslStream? _tls;

    public TensorSocket(Socket socket, TimeSpan stall)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, SecondsUntilProbe);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, SecondsBetweenProbes);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
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

    /// <summary>Begins TLS, as the end that connected.</summary>
    /// <exception cref="TensorTransportException">The ends do not accept each other; says why.</exception>
    public Task SecureAsClientAsync(TlsCredentials credentials, EndPoint holder, CancellationToken cancellationToken) => SecureAsync(
        (tls, refused) => tls.AuthenticateAsClientAsync(credentials.CreateClientOptions(holder, s_protocol, refused), cancellationToken));

    /// <summary>Begins TLS, as the end that listens.</summary>
    /// <exception cref="TensorTransportException">The ends do not accept each other; says why.</exception>
    public Task SecureAsServerAsync(TlsCredentials credentials, CancellationToken cancellationToken) => SecureAsync(
        (tls, refused) => tls.AuthenticateAsServerAsync(credentials.CreateServerOptions(s_protocol, refused), cancellationToken));

    public async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (_tls is { } tls)
        {
            await Timely(WriteAsync(tls, data), _stall, cancellationToken).ConfigureAwait(false);
            return;
        }

        while (data.Length > 0)
        {
            var sending = _socket.SendAsync(data, SocketFlags.None, _patience.Token);
            data = data[(sending.IsCompletedSuccessfully
                ? sending.Result
                : await Timely(sending, _stall, cancellationToken).ConfigureAwait(false))..];
        }
    }

    /// <summary>Fills all of the memory. The wait for the first byte can be without a limit.</summary>
    public async ValueTask ReceiveAsync(Memory<byte> data, CancellationToken cancellationToken, bool wait = false)
    {
        while (data.Length > 0)
        {
            data = data[await ReceiveSomeAsync(data, cancellationToken, wait).ConfigureAwait(false)..];
            wait = false;
        }
    }

    /// <summary>Receives what there is, at least one byte; returns the number of bytes.</summary>
    public async ValueTask<int> ReceiveSomeAsync(Memory<byte> data, CancellationToken cancellationToken, bool wait = false)
    {
        var receiving = _tls?.ReadAsync(data, _patience.Token) ?? _socket.ReceiveAsync(data, SocketFlags.None, _patience.Token);
        var count = receiving.IsCompletedSuccessfully
            ? receiving.Result
            : await Timely(receiving, wait ? Timeout.InfiniteTimeSpan : _stall, cancellationToken).ConfigureAwait(false);
        return count > 0 ? count : throw new TensorTransportException("the other silo closed the connection") { Fault = TensorFault.Broken };
    }

    public void Dispose()
    {
        _socket.Dispose();
        _tls?.Dispose();
        _patience.Dispose();
    }

    private async Task SecureAsync(Func<SslStream, Action<string>, Task> authenticate)
    {
        string? reason = null;
        var tls = new SslStream(new NetworkStream(_socket, ownsSocket: false));
        try
        {
            await authenticate(tls, r => reason = r).ConfigureAwait(false);
            _tls = tls;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw reason is null
                ? new TensorTransportException($"TLS was broken off: {e.Message}", e) { Fault = TensorFault.Broken }
                : new TensorTransportException(reason, e);
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask<int> WriteAsync(SslStream tls, ReadOnlyMemory<byte> data)
    {
        await tls.WriteAsync(data, _patience.Token).ConfigureAwait(false);
        return data.Length;
    }

    // When this has ended, nothing reads or writes the memory any more; its owner may be about to free it.
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
