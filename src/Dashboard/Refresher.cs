namespace LisaOrleans.Dashboard;

/// <summary>
/// Shares one look at something among all who ask within a moment: however many pages are open, the cluster is asked once.
/// While nobody asks, nothing is done.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="moment">How long an answer is good for.</param>
/// <param name="look">Looks; never runs twice at a time.</param>
internal sealed class Refresher(TimeProvider time, TimeSpan moment, Func<Task> look)
{
    private readonly Lock _lock = new();
    private Task _current = Task.CompletedTask;
    private long? _since;

    /// <summary>When somebody last asked, as a timestamp of the clock.</summary>
    public long Asked { get; private set; } = time.GetTimestamp();

    /// <summary>Completes when the last look is no older than a moment.</summary>
    public Task Fresh()
    {
        lock (_lock)
        {
            Asked = time.GetTimestamp();
            if (!_current.IsCompleted) return _current;
            if (_since is { } since && _current.IsCompletedSuccessfully && time.GetElapsedTime(since) < moment) return _current;
            _since = Asked;
            return _current = Task.Run(look);
        }
    }

    /// <summary>Makes the next one who asks look again.</summary>
    public void Expire()
    {
        lock (_lock) _since = null;
    }
}
