using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>
/// The models in memory. Each is loaded once for everybody who asks it. If there is no room for another, the one that was idle
/// longest is unloaded; after a while of idleness, each is unloaded.
/// </summary>
internal sealed partial class ModelPool : IDisposable
{
    private readonly InferenceOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ModelPool> _logger;
    private readonly Dictionary<string, ModelHost> _hosts = [];
    private readonly List<Task> _leaving = [];
    private readonly ITimer _sweep;
    private bool _disposed;

    public ModelPool(InferenceOptions options, TimeProvider time, ILogger<ModelPool> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        var period = options.IdleTimeout / 4;
        _sweep = time.CreateTimer(_ => Sweep(), null, period, period);
    }

    /// <summary>Models that are loaded, or being loaded.</summary>
    public int Count
    {
        get
        {
            lock (_hosts) return _hosts.Count;
        }
    }

    /// <summary>Loaded models that have nothing to do.</summary>
    public int Idle
    {
        get
        {
            lock (_hosts) return _hosts.Values.Count(h => h.IdleSince is not null);
        }
    }

    /// <summary>Requests that wait for a model and were not given up.</summary>
    public int Waiting
    {
        get
        {
            lock (_hosts) return _hosts.Values.Sum(h => h.Waiting);
        }
    }

    /// <summary>Hands a request to a model, loading the model first if necessary.</summary>
    /// <exception cref="ApiException">There is no room for the model, or too many wait for it.</exception>
    public void Enqueue(ServableModel model, GenerationJob job)
    {
        lock (_hosts)
        {
            if (_disposed) throw ApiException.Unavailable("The server is shutting down.", "unavailable");
            if (!_hosts.TryGetValue(model.Version, out var host)) _hosts.Add(model.Version, host = Load(model));
            if (!host.TryEnqueue(job))
            {
                throw new ApiException(
                    StatusCodes.Status429TooManyRequests, $"{_options.MaxQueuedRequests} requests wait for this model already. Try again later.",
                    "rate_limit_exceeded");
            }
        }
    }

    /// <summary>Stops all models and waits until their memory is free.</summary>
    public void Dispose()
    {
        Task[] ended;
        lock (_hosts)
        {
            _disposed = true;
            foreach (var host in _hosts.Values.ToArray()) Unload(host);
            ended = [.. _leaving];
        }

        _sweep.Dispose();
        Task.WaitAll(ended);
    }

    private ModelHost Load(ServableModel model)
    {
        var bytes = ModelHost.Measure(model, _options);
        if (bytes > _options.MaxModelBytes)
        {
            throw ApiException.Invalid(
                $"The model needs {bytes} bytes of memory; this server has {_options.MaxModelBytes} for models.", "model", "model_too_large");
        }

        var free = _options.MaxModelBytes - _hosts.Values.Sum(h => h.Bytes);
        var allIdle = _hosts.Values.Where(h => h.IdleSince is not null).OrderBy(h => h.IdleSince).ToArray();
        if (free + allIdle.Sum(h => h.Bytes) < bytes)
            throw ApiException.Unavailable("Other models are busy and leave no memory for this one. Try again later.", "overloaded");
        foreach (var idle in allIdle)
        {
            if (free >= bytes) break;
            free += idle.Bytes;
            Unload(idle);
        }

        return new ModelHost(model, _options, _time, Task.WhenAll(_leaving), Failed);
    }

    private void Unload(ModelHost host)
    {
        _hosts.Remove(host.Version);
        _leaving.RemoveAll(t => t.IsCompleted);
        _leaving.Add(host.Ended);
        host.Stop();
    }

    private void Sweep()
    {
        lock (_hosts)
        {
            foreach (var host in _hosts.Values.ToArray())
                if (host.IdleSince is { } since && _time.GetElapsedTime(since) >= _options.IdleTimeout) Unload(host);
        }
    }

    private void Failed(ModelHost host, Exception e)
    {
        LogFailed(e);
        lock (_hosts)
        {
            if (_hosts.GetValueOrDefault(host.Version) == host) _hosts.Remove(host.Version);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A model for completions could not be loaded")]
    private partial void LogFailed(Exception exception);
}
