using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>
/// Fetches tensors from other silos over a few connections to each, which are kept open. When all are in use, further claims
/// wait. What breaks is tried again as <see cref="TensorResilience"/> says: the holder keeps a tensor until its receipt is
/// confirmed.
/// </summary>
internal sealed partial class TensorClient(TensorTransportOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly ConcurrentDictionary<IPEndPoint, Peer> _peers = new();
    private volatile bool _disposed;

    /// <summary>Fetches a tensor to the CPU, into memory that is allocated for it; the caller owns the tensor.</summary>
    /// <exception cref="TensorTransportException">The tensor cannot be had, and there is no use in trying again.</exception>
    public async Task<Tensor> FetchAsync(
        IPEndPoint holder, Guid process, TensorTicket ticket,
        Func<IReadOnlyList<long>, ScalarType, Tensor> allocate, CancellationToken cancellationToken)
    {
        var (dtype, bytes) = TensorPayload.Check(ticket, options.MaxTensorBytes);
        if (!_peers.TryGetValue(holder, out var peer)) peer = Meet(holder);
        await peer.Room.WaitAsync(cancellationToken).ConfigureAwait(false);
        TensorTransportException? broken = null;
        try
        {
            return await peer.Pipeline.ExecuteAsync(async token => await Try(token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (BrokenCircuitException e)
        {
            throw new TensorTransportException(
                $"{holder} failed too often just now: {(broken ?? e.InnerException ?? e).Message}", broken ?? e.InnerException ?? e);
        }
        catch (TimeoutRejectedException e)
        {
            throw new TensorTransportException($"{holder}: ticket {ticket.Id} did not come within {options.TryTimeout.TotalSeconds:0.#} s", e);
        }
        finally
        {
            peer.Room.Release();
        }

        async Task<Tensor> Try(CancellationToken token)
        {
            try
            {
                var socket = await ConnectAsync(peer, holder, token).ConfigureAwait(false);
                try
                {
                    // If an earlier try broke, the holder may not have noticed yet and so not offer the tensor: treat that as
                    // if this try broke too.
                    if (!await AskAsync(socket, process, ticket.Id, token).ConfigureAwait(false))
                        throw broken ?? new TensorTransportException($"ticket {ticket.Id}: {ticket.Holder} does not hold it any more");
                    var tensor = await ReceiveAsync(socket, ticket, () => allocate(ticket.Shape, dtype), bytes, token).ConfigureAwait(false);
                    Keep(peer, socket);
                    return tensor;
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException || e is IOException and not TensorTransportException)
            {
                throw broken = new TensorTransportException($"{holder}: {e.Message}", e) { Fault = TensorFault.Broken };
            }
            catch (TensorTransportException e) when (e.Fault == TensorFault.Broken)
            {
                broken = e;
                throw;
            }
        }
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (var peer in _peers.Values)
            while (peer.Idle.TryPop(out var socket)) socket.Dispose();
    }

    private static async Task<bool> AskAsync(TensorSocket socket, Guid process, long id, CancellationToken cancellationToken)
    {
        var request = new byte[TensorServer.RequestBytes];
        process.TryWriteBytes(request);
        BinaryPrimitives.WriteInt64LittleEndian(request.AsSpan(16), id);
        await socket.SendAsync(request, cancellationToken).ConfigureAwait(false);
        await socket.ReceiveAsync(request.AsMemory(0, 1), cancellationToken).ConfigureAwait(false);
        return request[0] == TensorServer.Present;
    }

    private static async Task<Tensor> ReceiveAsync(
        TensorSocket socket, TensorTicket ticket, Func<Tensor> allocate, long bytes, CancellationToken cancellationToken)
    {
        var tensor = await TensorPayload.ReceiveAsync(socket, ticket, allocate, bytes, cancellationToken).ConfigureAwait(false);
        try
        {
            await socket.SendAsync((byte[])[TensorServer.Present], cancellationToken).ConfigureAwait(false);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    private void Keep(Peer peer, TensorSocket socket)
    {
        peer.Idle.Push(socket);
        if (_disposed && peer.Idle.TryPop(out var late)) late.Dispose();
    }

    // Silos come and go, each with a port of its own. Connections to those that have gone are dropped when the next tensor is
    // fetched.
    private Peer Meet(IPEndPoint holder)
    {
        foreach (var peer in _peers.Values) peer.DropDirty();
        return _peers.GetOrAdd(
            holder, _ => new Peer(options.ConnectionsPerSilo, TensorResilience.Create(options, time, e => LogRepeated(holder, e.Message))));
    }

    private async Task<TensorSocket> ConnectAsync(Peer peer, IPEndPoint holder, CancellationToken cancellationToken)
    {
        // The other silo may have closed an idle connection, or may have been replaced by another process.
        while (peer.Idle.TryPop(out var idle))
        {
            if (!idle.Dirty) return idle;
            idle.Dispose();
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.StallTimeout);
        var raw = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var socket = new TensorSocket(raw, options.StallTimeout);
        try
        {
            await raw.ConnectAsync(holder, patience.Token).ConfigureAwait(false);
            if (options.Tls is { } tls) await socket.SecureAsClientAsync(tls, holder, patience.Token).ConfigureAwait(false);
            await TensorHandshake.ConnectAsync(socket, options.Secret, patience.Token).ConfigureAwait(false);
            return socket;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TensorTransportException(
                $"{holder} did not answer within {options.StallTimeout.TotalSeconds:0.#} s", e)
            {
                Fault = TensorFault.Stalled,
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A tensor from {Holder} is asked for again: {Reason}")]
    private partial void LogRepeated(IPEndPoint holder, string reason);

    private sealed class Peer(int connections, ResiliencePipeline pipeline)
    {
        public SemaphoreSlim Room { get; } = new(connections);

        public ConcurrentStack<TensorSocket> Idle { get; } = new();

        public ResiliencePipeline Pipeline => pipeline;

        /// <summary>Closes connections whose other end has closed them.</summary>
        public void DropDirty()
        {
            var sockets = new TensorSocket[Math.Max(1, Idle.Count)];
            foreach (var socket in sockets.Take(Idle.TryPopRange(sockets)))
            {
                if (socket.Dirty) socket.Dispose();
                else Idle.Push(socket);
            }
        }
    }
}
