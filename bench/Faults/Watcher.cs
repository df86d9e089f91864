using System.Globalization;

namespace LisaOrleans.Bench;

/// <summary>What one watcher of a run hears, and when. Called on whichever thread hears it.</summary>
internal sealed class Watcher(string name)
{
    private readonly Lock _lock = new();
    private readonly List<(long Step, DateTimeOffset At)> _steps = [];
    private readonly List<string> _faults = [];
    private long _events;

    public string Name => name;

    /// <summary>Completes when the watch ends; fails if the watch failed.</summary>
    public Task Watching { get; set; } = Task.CompletedTask;

    /// <summary>The process whose connection to a gateway it uses; null if it needs none.</summary>
    public int? ProcessId { get; set; }

    /// <summary>The last step that was heard.</summary>
    public long Step
    {
        get
        {
            lock (_lock) return _steps.Count == 0 ? 0 : _steps[^1].Step;
        }
    }

    /// <summary>What was heard twice, out of order or not at all.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_lock) return [.. _faults];
        }
    }

    /// <summary>Notes an event that came.</summary>
    /// <param name="number">How many events have come, this one included, by its own position; null if it has none.</param>
    /// <param name="step">Its step, if it is a completed step.</param>
    public void Hear(long? number, long? step)
    {
        lock (_lock)
        {
            if (number is { } n)
            {
                if (n != _events + 1) _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: event {n} after {_events}"));
                _events = n;
            }

            if (step is not { } s) return;
            var last = _steps.Count == 0 ? 0 : _steps[^1].Step;
            if (s != last + 1) _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: step {s} after {last}"));
            _steps.Add((s, DateTimeOffset.UtcNow));
        }
    }

    /// <summary>Each step that was heard in a span of time, and when it came.</summary>
    public IReadOnlyList<(long Step, DateTimeOffset At)> Heard(DateTimeOffset from, DateTimeOffset to)
    {
        lock (_lock) return [.. _steps.Where(s => s.At >= from && s.At < to)];
    }
}
