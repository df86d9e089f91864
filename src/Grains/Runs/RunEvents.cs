using System.Runtime.CompilerServices;

namespace LisaOrleans.Grains;

/// <summary>Answers those who follow a run: a page at a time, with or without waiting for one. Used within one grain's turns.</summary>
/// <param name="run">The run.</param>
/// <param name="atWork">Whether it is being worked on here.</param>
/// <param name="time">The clock.</param>
internal sealed class RunEvents(StoredRun run, Func<bool> atWork, TimeProvider time)
{
    private const int LargestPage = 1000;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);

    // How long an answer waits for more events to go with the first.
    private static readonly TimeSpan s_gathering = TimeSpan.FromMilliseconds(200);

    // Nothing more will happen here: watchers are told what there is, and no more.
    private bool _over;

    /// <summary>Wakes those who wait for events.</summary>
    public EventFeed Feed { get; } = new();

    /// <summary>Work on the run begins: there will be events.</summary>
    public void Open() => _over = false;

    /// <summary>Nothing more will happen here.</summary>
    public void Close()
    {
        _over = true;
        Feed.Signal();
    }

    /// <summary>All events after a position, then those to come until work on the run ends here.</summary>
    public async IAsyncEnumerable<TrainingEvent> Watch(EventPosition after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Read(cancellationToken);
        while (true)
        {
            var more = Feed.More;
            while (Next(after) is { } next)
            {
                after = next.Position;
                yield return next;
            }

            if (_over) yield break;
            await more.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The events after a position that are known now.</summary>
    public async Task<IReadOnlyList<TrainingEvent>> Get(EventPosition after, int limit, CancellationToken cancellationToken)
    {
        await Read(cancellationToken);
        var events = new List<TrainingEvent>();
        while (events.Count < Math.Clamp(limit, 1, LargestPage) && Next(after) is { } next)
        {
            after = next.Position;
            events.Add(next);
        }

        return events;
    }

    /// <summary>The events after a position as soon as there are any; empty if patience runs out first.</summary>
    public async Task<IReadOnlyList<TrainingEvent>> Wait(EventPosition after, int limit, TimeSpan patience, CancellationToken cancellationToken)
    {
        await Read(cancellationToken);
        var (asked, waited, over) = (time.GetTimestamp(), false, _over);
        var longest = patience < s_longestWait ? patience : s_longestWait;

        // If work on the run ends here meanwhile, no waiting caller may keep this grain from going elsewhere.
        while (Next(after) is null && _over == over && longest - time.GetElapsedTime(asked) is { Ticks: > 0 } left)
        {
            await Feed.More.WaitAsync(left, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            cancellationToken.ThrowIfCancellationRequested();
            waited = true;
        }

        if (waited && !_over && Next(after) is not null) await Task.Delay(s_gathering, time, cancellationToken);
        return await Get(after, limit, cancellationToken);
    }

    private TrainingEvent? Next(EventPosition after) => EventFeed.Next(after, run.History?.Records ?? [], run.Journal?.Entries ?? []);

    // For those who ask about a run that nobody works on here. If somebody is still to work on it, more events will come.
    private async Task Read(CancellationToken cancellationToken)
    {
        if (await run.ReadEvents(atWork, cancellationToken) is { } over) _over = over;
    }
}
