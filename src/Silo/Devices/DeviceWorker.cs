using System.Diagnostics;
using LisaOrleans.Grains;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>One thread, one device, one queue. Ends what it is doing when disposed; what still waits is cancelled.</summary>
internal sealed class DeviceWorker : IDeviceWorker, IDisposable
{
    private readonly PriorityQueue<Work, (WorkPriority Priority, long)> _queue = new();
    private readonly Thread _thread;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Lock _clock = new();
    private TimeSpan _busy;
    private long? _busySince;
    private int _threads;
    private long _sequence;
    private bool _stopped;

    /// <param name="device">The device.</param>
    public DeviceWorker(Device device)
    {
        HostMemory.Prepare();
        Device = device;
        _thread = new Thread(Loop) { IsBackground = true, Name = $"torch {device}" };
        _thread.Start();
    }

    public Device Device { get; }

    public TimeSpan Busy
    {
        get
        {
            lock (_clock)
            {
                return _busySince is { } since ? _busy + Stopwatch.GetElapsedTime(since) : _busy;
            }
        }
    }

    public TimeSpan Up => Stopwatch.GetElapsedTime(_started);

    public void UseThreads(int count)
    {
        if (Thread.CurrentThread != _thread) throw new InvalidOperationException("threads are set on the device's thread only");
        if (count == _threads) return;

        // A thread takes the process's last number with its first parallel work, also after it was given one of its own. That
        // must lie behind it: other threads of this process (completions) set numbers too.
        _ = get_num_threads();
        set_num_threads(count);
        _threads = count;
    }

    public Task<T> Run<T>(WorkPriority priority, Func<T> work, CancellationToken cancellationToken = default)
    {
        var item = new Work<T>(work, cancellationToken);
        lock (_queue)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _queue.Enqueue(item, (priority, _sequence++));
            Monitor.Pulse(_queue);
        }

        DeviceTelemetry.Queued(priority);
        return item.Result;
    }

    public void Dispose()
    {
        lock (_queue)
        {
            if (_stopped) return;
            _stopped = true;
            Monitor.Pulse(_queue);
        }

        if (Thread.CurrentThread != _thread) _thread.Join();
    }

    private void Loop()
    {
        while (Next(out var priority) is { } work)
        {
            var started = Stopwatch.GetTimestamp();
            lock (_clock) _busySince = started;
            work.Execute();
            var taken = Stopwatch.GetElapsedTime(started);
            lock (_clock) (_busy, _busySince) = (_busy + taken, null);
            DeviceTelemetry.Busy(priority, taken);
        }
    }

    private Work? Next(out WorkPriority priority)
    {
        lock (_queue)
        {
            while (!_stopped && _queue.Count == 0) Monitor.Wait(_queue);
            while (_queue.TryDequeue(out var work, out var order))
            {
                priority = order.Priority;
                DeviceTelemetry.Dequeued(priority);
                if (!_stopped) return work;
                work.Cancel();
            }

            priority = default;
            return null;
        }
    }

    private abstract class Work
    {
        public abstract void Execute();

        public abstract void Cancel();
    }

    private sealed class Work<T>(Func<T> work, CancellationToken cancellationToken) : Work
    {
        // Continuations are grain turns; they must not run on the device's thread.
        private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Result => _result.Task;

        public override void Execute()
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _result.SetCanceled(cancellationToken);
                return;
            }

            try
            {
                _result.SetResult(work());
            }
            catch (Exception e)
            {
                _result.SetException(e);
            }
        }

        public override void Cancel() => _result.TrySetCanceled(CancellationToken.None);
    }
}
