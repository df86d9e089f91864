using System.Diagnostics;
using LisaOrleans.Grains;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>
/// One thread, one device, one queue. When disposed, it finishes the work in progress and cancels what still waits.
/// </summary>
internal sealed class DeviceWorker : IDeviceWorker, IDisposable
{
    // The work that continues a turn comes at once, or through a grain call in far less time than this unless that call failed.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(50);

    private readonly PriorityQueue<Work, (WorkPriority Priority, long Turn)> _queue = new();

    // Turns that were begun and will be continued: at most one of each priority. Only the device's thread uses the list.
    private readonly List<(WorkPriority Priority, long Turn)> _followed = [];

    private readonly Thread _thread;
    private readonly TimeSpan _patience;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Lock _clock = new();
    private TimeSpan _busy;
    private long? _busySince;
    private int _threads;
    private long _turn;
    private long _since;
    private bool _stopped;

    /// <param name="device">The device.</param>
    /// <param name="patience">How long to wait for work that continues a turn while other work waits; 50 ms by default.</param>
    public DeviceWorker(Device device, TimeSpan? patience = null)
    {
        _patience = patience ?? s_patience;
        HostMemory.Prepare();
        Determinism.Require(device);
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

        // With its first parallel work, a thread takes over the number that was last set in the process, even if it was given
        // one of its own before. This call makes that happen first: other threads of this process (completions) set numbers
        // too.
        _ = get_num_threads();
        set_num_threads(count);
        _threads = count;
    }

    public long NewTurn() => Interlocked.Increment(ref _turn);

    public Task<T> Run<T>(WorkOrder order, Func<T> work, CancellationToken cancellationToken = default)
    {
        var item = new Work<T>(work, order, cancellationToken);
        lock (_queue)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _queue.Enqueue(item, (order.Priority, order.Turn ?? NewTurn()));
            Monitor.Pulse(_queue);
        }

        DeviceTelemetry.Queued(order.Priority);
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
            // Not while the queue is locked: what awaits the work may go on here.
            if (Volatile.Read(ref _stopped))
            {
                work.Cancel();
                continue;
            }

            var started = Stopwatch.GetTimestamp();
            lock (_clock) _busySince = started;
            work.Execute();
            var taken = Stopwatch.GetElapsedTime(started);
            if (priority != WorkPriority.Control) _since = Stopwatch.GetTimestamp();
            lock (_clock) (_busy, _busySince) = (_busy + taken, null);
            DeviceTelemetry.Busy(priority, taken);
        }
    }

    private Work? Next(out WorkPriority priority)
    {
        lock (_queue)
        {
            WaitForWork();
            if (!_queue.TryDequeue(out var work, out var order))
            {
                priority = default;
                return null;
            }

            Follow(order, work.Continues);
            priority = order.Priority;
            DeviceTelemetry.Dequeued(priority);
            return work;
        }
    }

    private void WaitForWork()
    {
        while (!_stopped)
        {
            if (!_queue.TryPeek(out _, out var first))
            {
                Monitor.Wait(_queue);
                continue;
            }

            if (!_followed.Exists(followed => first.CompareTo(followed) > 0)) return;
            var left = _patience - Stopwatch.GetElapsedTime(_since);
            if (left <= TimeSpan.Zero)
            {
                _followed.Clear();
                return;
            }

            Monitor.Wait(_queue, left);
        }
    }

    private void Follow((WorkPriority Priority, long Turn) order, bool continues)
    {
        _followed.RemoveAll(f => f.Priority == order.Priority || f.Turn == order.Turn);
        if (continues) _followed.Add(order);
    }

    private abstract class Work(bool continues)
    {
        public bool Continues => continues;

        public abstract void Execute();

        public abstract void Cancel();
    }

    private sealed class Work<T>(Func<T> work, WorkOrder order, CancellationToken cancellationToken) : Work(order.Continues)
    {
        // Unless they ask for it, continuations must not run on the device's thread.
        private readonly TaskCompletionSource<T> _result =
            new(order.Inline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

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
