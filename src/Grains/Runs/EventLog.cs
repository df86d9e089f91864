using System.Runtime.CompilerServices;

namespace LisaOrleans.Grains;

/// <summary>A run's events in their order, for any number of watchers. Used within one grain's turns.</summary>
internal sealed class EventLog(TimeProvider time)
{
    private readonly List<TrainingEvent> _events = [];
    private int _reopened;
    private TaskCompletionSource _more = NewSignal();

    /// <summary>Whether <see cref="RunEnded"/> was the last event.</summary>
    public bool Ended => _events.Count > 0 && _events[^1] is RunEnded;

    /// <summary>Called when a run that had ended goes on: watchers then wait for its new end.</summary>
    public void Reopen() => _reopened = _events.Count;

    /// <summary>Numbers an event, keeps it, and wakes the watchers.</summary>
    public void Add(TrainingEvent happened)
    {
        _events.Add(happened with { Sequence = _events.Count + 1, Time = time.GetUtcNow() });
        var signal = _more;
        _more = NewSignal();
        signal.SetResult();
    }

    /// <summary>Events after a sequence number, as they come, up to the end of the run.</summary>
    public async IAsyncEnumerable<TrainingEvent> Watch(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = (int)Math.Clamp(after, 0, int.MaxValue); ;)
        {
            while (next < _events.Count)
            {
                var happened = _events[next++];
                yield return happened;
                if (happened is RunEnded && next == _events.Count && next > _reopened) yield break;
            }

            await _more.Task.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
