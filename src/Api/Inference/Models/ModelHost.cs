using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Api;

/// <summary>
/// One loaded model and the thread that does all its arithmetic: the thread loads the model, answers one request after the
/// other, and frees the model when it is told to stop. It is a separate thread so that neither other requests nor training wait
/// for it.
/// </summary>
internal sealed class ModelHost
{
    private readonly ServableModel _model;
    private readonly InferenceOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<ModelHost, Exception> _failed;
    private readonly Task _room;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<GenerationJob> _queue = [];
    private bool _working;
    private long _idleSince;

    /// <summary>Starts to load.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="room">Completes when there is memory for the model.</param>
    /// <param name="failed">Called once if the model cannot be loaded, before waiting requests are told; after that no more may come.</param>
    public ModelHost(ServableModel model, InferenceOptions options, TimeProvider time, Task room, Action<ModelHost, Exception> failed)
    {
        (_model, _options, _time, _room, _failed) = (model, options, time, room, failed);
        _idleSince = time.GetTimestamp();
        new Thread(Run) { IsBackground = true, Name = "completions" }.Start();
    }

    /// <summary>The model's version.</summary>
    public string Version => _model.Version;

    /// <summary>Memory that the model needs: weights, and the keys and values of its longest sequence.</summary>
    public long Bytes => Measure(_model, _options);

    /// <summary>Ends when the model's memory is free.</summary>
    public Task Ended => _ended.Task;

    /// <summary>When the model became idle, as a timestamp of the clock; null while it works.</summary>
    public long? IdleSince
    {
        get
        {
            lock (_queue) return _working || _queue.Count > 0 ? null : _idleSince;
        }
    }

    /// <summary>Requests in the queue that somebody still waits for.</summary>
    public int Waiting
    {
        get
        {
            lock (_queue) return _queue.Count(j => !j.IsCancelled);
        }
    }

    /// <summary>The memory that a model would need.</summary>
    public static long Measure(ServableModel model, InferenceOptions options) =>
        model.WeightBytes + model.CacheBytes(ServableModel.LongestSequence(model.Config, options));

    /// <summary>What callers are told; the log says more.</summary>
    public static ApiException CannotBeLoaded() =>
        ApiException.Unavailable("The model cannot be loaded; the server's log says why.", "model_unavailable");

    /// <summary>Puts a request at the end of the queue; false if the queue is full.</summary>
    public bool TryEnqueue(GenerationJob job)
    {
        lock (_queue)
        {
            if (_queue.Count >= _options.MaxQueuedRequests + (_working ? 0 : 1)) _queue.RemoveAll(j => j.IsCancelled);
            if (_queue.Count >= _options.MaxQueuedRequests + (_working ? 0 : 1)) return false;
            _queue.Add(job);
            Monitor.Pulse(_queue);
            return true;
        }
    }

    /// <summary>Stops the work in progress between two tokens, and frees the model. Returns at once.</summary>
    public void Stop()
    {
        _stop.Cancel();
        lock (_queue) Monitor.Pulse(_queue);
    }

    private void Run()
    {
        try
        {
            _room.GetAwaiter().GetResult();
            Serve();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            Refuse(ApiException.Unavailable("The server is shutting down.", "unavailable"));
        }
        catch (Exception e)
        {
            // Whatever it is, it concerns this model only: a damaged file, a store that cannot be reached. The requests are
            // told, and training continues.
            _failed(this, e);
            Refuse(CannotBeLoaded());
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private void Serve()
    {
        // For this thread only: training sets its number on the device's own thread in the same way (see DeviceWorker).
        _ = get_num_threads();
        set_num_threads(_options.Threads);
        using (var loaded = _model.LoadAsync(_stop.Token).GetAwaiter().GetResult())
        {
            while (Next() is { } job)
            {
                job.Run(loaded, _options, _stop.Token);
                lock (_queue) (_working, _idleSince) = (false, _time.GetTimestamp());
            }
        }

        HostMemory.ReturnFree();
        _stop.Token.ThrowIfCancellationRequested();
    }

    private GenerationJob? Next()
    {
        lock (_queue)
        {
            while (!_stop.IsCancellationRequested && _queue.Count == 0) Monitor.Wait(_queue);
            if (_stop.IsCancellationRequested) return null;
            var job = _queue[0];
            _queue.RemoveAt(0);
            _working = true;
            return job;
        }
    }

    private void Refuse(Exception e)
    {
        lock (_queue)
        {
            foreach (var job in _queue) job.Fail(e);
            _queue.Clear();
        }
    }
}
