namespace LisaOrleans.Training;

/// <summary>What is to happen in simulated time. Of two things at one moment, that which was asked for first comes first.</summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<Action, (double At, long Number)> _events = new();
    private long _number;

    /// <summary>Seconds since the beginning.</summary>
    public double Now { get; private set; }

    /// <summary>Lets something happen at a moment, which may not lie in the past.</summary>
    public void At(double time, Action happens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, Now);
        _events.Enqueue(happens, (time, _number++));
    }

    /// <summary>Goes on to the next thing that happens; false if there is none.</summary>
    public bool Next()
    {
        if (!_events.TryDequeue(out var happens, out var at)) return false;
        Now = at.At;
        happens();
        return true;
    }
}
