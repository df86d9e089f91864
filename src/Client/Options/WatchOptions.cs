namespace LisaOrleans.Client;

/// <summary>What a watch tells.</summary>
public sealed record WatchOptions
{
    /// <value>
    /// The position of the last event that was seen: the watch goes on after it. Default <see cref="EventPosition.Start"/>, all
    /// events from the run's beginning.
    /// </value>
    public EventPosition After { get; init; } = EventPosition.Start;

    /// <value>Whether the watch ends when the run is paused. Default false: it waits until the run goes on.</value>
    public bool EndWhenPaused { get; init; }

    internal bool IsEnd(RunStatus status, EventPosition seen) =>
        (status.State is RunState.Succeeded or RunState.Failed or RunState.Cancelled || (status.State == RunState.Paused && EndWhenPaused))
        && status.Position.Step <= seen.Step && status.Position.Entry <= seen.Entry;
}
