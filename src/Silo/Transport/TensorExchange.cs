using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using LisaOrleans.Grains;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>
/// The tensors of this process that wait for their receivers. In one process a claim is a look-up; from another silo the
/// bytes come through <see cref="TensorServer"/>. Without transport options there is no listener: a single process.
/// </summary>
internal sealed class TensorExchange : ITensorExchange, IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, HeldTensor> _held = new();
    private readonly IDeviceWorker _worker;
    private readonly TimeProvider _time;
    private readonly TensorTransportOptions? _options;
    private readonly TensorServer? _server;
    private readonly TensorClient? _client;
    private readonly ITimer? _sweep;
    private readonly string _holder;
    private long _last;

    public TensorExchange(IDeviceWorker worker, TensorTransportOptions? options, TimeProvider time, ILogger<TensorExchange> logger)
    {
        (_worker, _options, _time) = (worker, options, time);

        // The number keeps a ticket of a process that died from being answered by its successor on the same port.
        var process = Guid.NewGuid();
        if (options is null)
        {
            _holder = process.ToString("N");
            return;
        }

        _server = new TensorServer(options, process, Take, PutBack, ToHost, logger);
        _client = new TensorClient(options);
        _holder = $"{_server.EndPoint}/{process:N}";
        _sweep = time.CreateTimer(_ => Sweep(), null, options.TicketLifetime / 4, options.TicketLifetime / 4);
    }

    /// <summary>Tensors that wait.</summary>
    public int Count => _held.Count;

    public TensorTicket Publish(Tensor tensor, string run, long generation)
    {
        var id = Interlocked.Increment(ref _last);
        var ticket = new TensorTicket(_holder, id, TensorPayload.DType(tensor), tensor.shape);
        PutBack(id, new HeldTensor(tensor, run, generation, _time.GetTimestamp(), tensor.numel() * tensor.element_size()));
        return ticket;
    }

    public ValueTask<Tensor> Claim(TensorTicket ticket, CancellationToken cancellationToken)
    {
        if (ticket.Holder != _holder) return Fetch(ticket, cancellationToken);
        return Take(ticket.Id) is { } held
            ? ValueTask.FromResult(held.Tensor)
            : throw new TensorTransportException($"ticket {ticket.Id} was claimed before, or given up");
    }

    public void Discard(TensorTicket ticket)
    {
        if (ticket.Holder == _holder) Take(ticket.Id)?.Tensor.Dispose();
    }

    public void DiscardBefore(string run, long generation) => Free(h => h.Run == run && h.Generation < generation);

    public async ValueTask DisposeAsync()
    {
        if (_sweep is not null) await _sweep.DisposeAsync().ConfigureAwait(false);
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
        _client?.Dispose();
        Free(_ => true);
    }

    private async ValueTask<Tensor> Fetch(TensorTicket ticket, CancellationToken cancellationToken)
    {
        if (_client is null || ticket.Holder.Split('/') is not [var address, var number]
            || !IPEndPoint.TryParse(address, out var holder) || !Guid.TryParseExact(number, "N", out var process))
        {
            throw new TensorTransportException(string.Create(CultureInfo.InvariantCulture, $"ticket {ticket.Id} is of {ticket.Holder}, which is not this process"));
        }

        var host = await Received(_client.FetchAsync(holder, process, ticket, cancellationToken)).ConfigureAwait(false);
        if (_worker.Device.type == TorchSharp.DeviceType.CPU) return host;
        using (host)
        {
            return await _worker.Run(WorkPriority.Control, () => host.to(_worker.Device), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private HeldTensor? Take(long id)
    {
        if (!_held.TryRemove(id, out var held)) return null;
        TransportTelemetry.Held(-held.Bytes);
        return held;
    }

    private void PutBack(long id, HeldTensor held)
    {
        TransportTelemetry.Held(held.Bytes);
        _held[id] = held;
    }

    private static async Task<Tensor> Received(Task<Tensor> fetch)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var tensor = await fetch.ConfigureAwait(false);
            TransportTelemetry.Received(tensor.numel() * tensor.element_size(), Stopwatch.GetElapsedTime(started));
            return tensor;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            TransportTelemetry.Failed();
            throw;
        }
    }

    private Task<Tensor> ToHost(HeldTensor held) =>
        held.Tensor.device_type == TorchSharp.DeviceType.CPU && held.Tensor.is_contiguous() && held.Tensor.storage_offset() == 0
            ? Task.FromResult(held.Tensor.alias())
            : _worker.Run(WorkPriority.Control, () => held.Tensor.cpu().contiguous().clone());

    private void Sweep()
    {
        var now = _time.GetTimestamp();
        Free(h => _time.GetElapsedTime(h.Since, now) > _options!.TicketLifetime);
    }

    private void Free(Func<HeldTensor, bool> which)
    {
        foreach (var (id, held) in _held)
            if (which(held)) Take(id)?.Tensor.Dispose();
    }
}
