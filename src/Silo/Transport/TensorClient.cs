using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>Fetches tensors from other silos over a few kept connections to each. Claims beyond their number wait.</summary>
internal sealed class TensorClient(TensorTransportOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<IPEndPoint, Peer> _peers = new();

    /// <summary>Fetches a tensor to the CPU; the caller owns it.</summary>
    public async Task<Tensor> FetchAsync(IPEndPoint holder, Guid process, TensorTicket ticket, CancellationToken cancellationToken)
    {
        var (dtype, bytes) = TensorPayload.Check(ticket, options.MaxTensorBytes);
        var peer = _peers.GetOrAdd(holder, _ => new Peer(options.ConnectionsPerSilo));
        await peer.Room.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var socket = await ConnectAsync(peer, holder, cancellationToken).ConfigureAwait(false);
            try
            {
                var tensor = await FetchAsync(socket, process, ticket, dtype, bytes, cancellationToken).ConfigureAwait(false);
                peer.Idle.Push(socket);
                return tensor;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new TensorTransportException($"{holder}: {e.Message}", e);
        }
        finally
        {
            peer.Room.Release();
        }
    }

    public void Dispose()
    {
        foreach (var peer in _peers.Values)
            while (peer.Idle.TryPop(out var socket)) socket.Dispose();
    }

    private static async Task<Tensor> FetchAsync(
        TensorSocket socket, Guid process, TensorTicket ticket, ScalarType dtype, long bytes, CancellationToken cancellationToken)
    {
        var request = new byte[TensorServer.RequestBytes];
        process.TryWriteBytes(request);
        BinaryPrimitives.WriteInt64LittleEndian(request.AsSpan(16), ticket.Id);
        await socket.SendAsync(request, cancellationToken).ConfigureAwait(false);
        await socket.ReceiveAsync(request.AsMemory(0, 1), cancellationToken).ConfigureAwait(false);
        if (request[0] != 1) throw new TensorTransportException($"ticket {ticket.Id}: {ticket.Holder} does not hold it any more");
        var tensor = await TensorPayload.ReceiveAsync(socket, ticket, dtype, bytes, cancellationToken).ConfigureAwait(false);
        try
        {
            await socket.SendAsync(request.AsMemory(0, 1), cancellationToken).ConfigureAwait(false);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
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
            await TensorHandshake.ConnectAsync(socket, options.Secret, patience.Token).ConfigureAwait(false);
            return socket;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TensorTransportException($"{holder} did not answer within {options.StallTimeout.TotalSeconds:0.#} s", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class Peer(int connections)
    {
        public SemaphoreSlim Room { get; } = new(connections);

        public ConcurrentStack<TensorSocket> Idle { get; } = new();
    }
}
