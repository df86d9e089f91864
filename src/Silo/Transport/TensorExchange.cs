using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using LisaOrleans.Grains;
using LisaOrleans.Model;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>
/// The tensors of this process that wait for their receivers. Within the process a claim is a look-up; to another silo the
/// bytes go through <see cref="TensorServer"/>. Without transport options there is no listener, and the process is alone.
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

        // The number ensures that a process does not answer the tickets of a dead predecessor on the same port.
        var process = Guid.NewGuid();
        if (options is null)
        {
            _holder = process.ToString("N");
            return;
        }

        _server = new TensorServer(options, process, BeginSend, EndSend, ToHost, logger);
        _client = new TensorClient(options, time, logger);
        var port = options.AdvertisedPort > 0 ? options.AdvertisedPort : _server.EndPoint.Port;
        _holder = $"{new IPEndPoint(options.AdvertisedAddress ?? options.Address, port)}/{process:N}";
        _sweep = time.CreateTimer(_ => Sweep(), null, options.TicketLifetime / 4, options.TicketLifetime / 4);
    }

    /// <summary>How many tensors wait.</summary>
    public int Count => _held.Values.Count(h => h.Waiting);

    public TensorTicket Publish(Tensor tensor, string run, long generation)
    {
        var id = Interlocked.Increment(ref _last);
        var ticket = new TensorTicket(_holder, id, TensorPayload.DType(tensor), tensor.shape);
        var held = new HeldTensor(tensor, run, generation, _time.GetTimestamp());
        TransportTelemetry.Held(held.Bytes);
        _held[id] = held;
        return ticket;
    }

    public ValueTask<Tensor> Claim(TensorTicket ticket, CancellationToken cancellationToken) =>
        ticket.Holder == _holder ? ValueTask.FromResult(Take(ticket)) : Fetch(ticket, cancellationToken);

    public async ValueTask<Tensor> ClaimToKeep(TensorTicket ticket, CancellationToken cancellationToken)
    {
        if (ticket.Holder != _holder) return await FetchToHost(ticket, KeptMemory, cancellationToken).ConfigureAwait(false);
        using var tensor = Take(ticket);
        return await _worker.Run(
            WorkPriority.Control,
            () =>
            {
                using var memory = HostMemory.LongLived();
                using var scope = NewDisposeScope();
                return tensor.to(CPU, copy: true).contiguous().DetachFromDisposeScope();
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    public void Discard(TensorTicket ticket)
    {
        if (ticket.Holder == _holder && _held.TryGetValue(ticket.Id, out var held)) GiveUp(ticket.Id, held);
    }

    public void DiscardBefore(string run, long generation) => Free(h => h.Run == run && h.Generation < generation);

    public async ValueTask DisposeAsync()
    {
        if (_sweep is not null) await _sweep.DisposeAsync().ConfigureAwait(false);
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
        _client?.Dispose();
        Free(_ => true);
    }

    private static Tensor KeptMemory(IReadOnlyList<long> shape, ScalarType dtype)
    {
        using var memory = HostMemory.LongLived();
        return empty([.. shape], dtype).DetachFromDisposeScope();
    }

    private Tensor Take(TensorTicket ticket)
    {
        if (!_held.TryGetValue(ticket.Id, out var held) || !held.TryTake())
            throw new TensorTransportException($"ticket {ticket.Id} was claimed before, or given up");
        Forget(ticket.Id, held);
        return held.Tensor;
    }

    private async ValueTask<Tensor> Fetch(TensorTicket ticket, CancellationToken cancellationToken)
    {
        var host = await FetchToHost(ticket, PooledMemory.Empty, cancellationToken).ConfigureAwait(false);
        if (_worker.Device.type == TorchSharp.DeviceType.CPU) return host;
        using (host)
        {
            return await _worker.Run(WorkPriority.Control, () => host.to(_worker.Device), CancellationToken.None).ConfigureAwait(false);
        }
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

    private Task<Tensor> FetchToHost(
        TensorTicket ticket, Func<IReadOnlyList<long>, ScalarType, Tensor> allocate, CancellationToken cancellationToken)
    {
        if (_client is null || ticket.Holder.Split('/') is not [var address, var number]
            || !IPEndPoint.TryParse(address, out var holder) || !Guid.TryParseExact(number, "N", out var process))
        {
            throw new TensorTransportException(
                string.Create(CultureInfo.InvariantCulture, $"ticket {ticket.Id} is of {ticket.Holder}, which is not this process"));
        }

        return Received(_client.FetchAsync(holder, process, ticket, allocate, cancellationToken));
    }

    private HeldTensor? BeginSend(long id) => _held.TryGetValue(id, out var held) && held.TrySend() ? held : null;

    private void EndSend(long id, HeldTensor held, bool sent)
    {
        if (held.EndSend(sent)) Free(id, held);
    }

    private void GiveUp(long id, HeldTensor held)
    {
        if (held.GiveUp()) Free(id, held);
    }

    private void Free(long id, HeldTensor held)
    {
        Forget(id, held);
        held.Tensor.Dispose();
    }

    private void Forget(long id, HeldTensor held)
    {
        if (_held.TryRemove(id, out _)) TransportTelemetry.Held(-held.Bytes);
    }

    private Task<Tensor> ToHost(HeldTensor held) =>
        held.Tensor.device_type == TorchSharp.DeviceType.CPU && held.Tensor.is_contiguous() && held.Tensor.storage_offset() == 0
            ? Task.FromResult(held.Tensor.alias())
            : _worker.Run(
                WorkPriority.Control,
                () =>
                {
                    using var scope = NewDisposeScope();
                    return held.Tensor.to(CPU, copy: true).contiguous().DetachFromDisposeScope();
                });

    private void Sweep()
    {
        var now = _time.GetTimestamp();
        Free(h => _time.GetElapsedTime(h.Since, now) > _options!.TicketLifetime);
    }

    private void Free(Func<HeldTensor, bool> which)
    {
        foreach (var (id, held) in _held)
            if (which(held)) GiveUp(id, held);
    }
}
