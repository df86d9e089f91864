using System.Net;
using System.Runtime.InteropServices;
using LisaOrleans.Model;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace LisaOrleans.Silo.Tests;

/// <summary>What a silo has for tensors: a device's worker and an exchange that listens on loopback.</summary>
internal sealed class TensorNode : IAsyncDisposable
{
    public static readonly byte[] Secret = [.. "a secret of tests"u8];

    private readonly DeviceWorker _worker = new(CPU);

    public TensorNode(Func<TensorTransportOptions, TensorTransportOptions>? change = null, TimeProvider? time = null)
    {
        var options = new TensorTransportOptions { Secret = Secret };
        Exchange = new TensorExchange(_worker, change?.Invoke(options) ?? options, time ?? TimeProvider.System, NullLogger<TensorExchange>.Instance);
    }

    public TensorExchange Exchange { get; }

    public static IPEndPoint EndPoint(TensorTicket ticket) => IPEndPoint.Parse(ticket.Holder.Split('/')[0]);

    /// <summary>The same ticket, to be claimed by way of another address.</summary>
    public static TensorTicket Through(IPEndPoint endPoint, TensorTicket ticket) =>
        ticket with { Holder = $"{endPoint}/{ticket.Holder.Split('/')[1]}" };

    /// <summary>Tensors of this process that live, without those that only wait for their finalizers.</summary>
    public static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    public static byte[] Bytes(Tensor tensor)
    {
        using var plain = tensor.contiguous().clone();
        var bytes = new byte[plain.numel() * plain.element_size()];
        Marshal.Copy(TensorMemory.Address(plain), bytes, 0, bytes.Length);
        return bytes;
    }

    public TensorTicket Publish(Tensor tensor, string run = "r", long generation = 1) => Exchange.Publish(tensor, run, generation);

    public Task<Tensor> Claim(TensorTicket ticket, CancellationToken? cancellationToken = null) =>
        Exchange.Claim(ticket, cancellationToken ?? TestContext.Current.CancellationToken).AsTask();

    public async ValueTask DisposeAsync()
    {
        await Exchange.DisposeAsync();
        _worker.Dispose();
    }
}
