using System.IO.Hashing;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>
/// The bytes of a tensor on the wire: as they are in memory, followed by their XxHash3. Nothing is copied in between.
/// </summary>
internal static class TensorPayload
{
    // Small enough to be still in the cache when it is sent after hashing, and large enough not to wait for the socket too
    // often: chunks a quarter of this size cost a quarter of the rate (bench transport).
    private const int Chunk = 1 << 20;

    private static readonly ScalarType[] s_dtypes =
        [ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16, ScalarType.Byte, ScalarType.Int64];

    public static string DType(Tensor tensor) => tensor.dtype.ToString();

    /// <summary>Bytes of a tensor that a ticket describes, checked against a limit before anything is allocated.</summary>
    public static (ScalarType DType, long Bytes) Check(TensorTicket ticket, long limit)
    {
        var dtype = s_dtypes.FirstOrDefault(d => d.ToString() == ticket.DType, (ScalarType)(-1));
        if ((int)dtype < 0) throw new TensorTransportException($"ticket {ticket.Id}: '{ticket.DType}' is not a dtype that can be sent");
        long bytes = dtype.ElementSize();
        if (ticket.Shape.Count > 8) throw new TensorTransportException($"ticket {ticket.Id}: {ticket.Shape.Count} dimensions");
        foreach (var size in ticket.Shape)
        {
            if (size < 1 || size > limit / bytes)
                throw new TensorTransportException(
                    $"ticket {ticket.Id}: shape [{string.Join(", ", ticket.Shape)}] is beyond the limit of {limit} bytes");
            bytes *= size;
        }

        return (dtype, bytes);
    }

    /// <summary>Sends a contiguous CPU tensor, which must live until this has ended.</summary>
    public static async Task SendAsync(TensorSocket socket, Tensor tensor, long bytes, CancellationToken cancellationToken)
    {
        var data = TensorMemory.Address(tensor);
        var hash = new XxHash3();
        for (long at = 0; at < bytes; at += Chunk)
        {
            var memory = Part(data, at, bytes);
            hash.Append(memory.Span);
            await socket.SendAsync(memory, cancellationToken).ConfigureAwait(false);
        }

        await socket.SendAsync(hash.GetCurrentHash(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Receives into a new tensor on the CPU, which the caller owns.</summary>
    public static async Task<Tensor> ReceiveAsync(
        TensorSocket socket, TensorTicket ticket, Func<Tensor> allocate, long bytes, CancellationToken cancellationToken)
    {
        var tensor = allocate();
        try
        {
            var data = TensorMemory.Address(tensor);
            var hash = new XxHash3();
            for (long at = 0; at < bytes;)
            {
                var memory = Part(data, at, bytes);
                var count = await socket.ReceiveSomeAsync(memory, cancellationToken).ConfigureAwait(false);
                hash.Append(memory.Span[..count]);
                at += count;
            }

            var sent = new byte[hash.HashLengthInBytes];
            await socket.ReceiveAsync(sent, cancellationToken).ConfigureAwait(false);
            if (!hash.GetCurrentHash().AsSpan().SequenceEqual(sent))
                throw new TensorTransportException($"ticket {ticket.Id}: damaged on the way") { Fault = TensorFault.Broken };
            return tensor;
        }
        catch
        {
            socket.Dispose();
            tensor.Dispose();
            throw;
        }
    }

    private static Memory<byte> Part(nint data, long at, long bytes) =>
        new NativeMemoryManager(data + (nint)at, (int)Math.Min(Chunk, bytes - at)).Memory;
}
