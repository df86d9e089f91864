namespace LisaOrleans.Client;

/// <summary>Where a watch begins and when it ends.</summary>
public sealed record WatchOptions
{
    /// <value>
    /// The position of the last event that was seen: the watch continues after it. Default <see cref="EventPosition.Start"/>, all
    /// events from the run's beginning.
    /// </value>
    public EventPosition After { get; init; } = EventPosition.Start;

    /// <value>Whether the watch ends when the run is paused. Default false: it waits until the run continues.</value>
    public bool EndWhenPaused { get; init; }

    internal bool IsEnd(RunStatus status, EventPosition seen) =>
        (status.State is RunState.Succeeded or RunState.Failed or RunState.Cancelled || (status.State == RunState.Paused && EndWhenPaused))
        && status.Position.Step <= seen.Step && status.Position.Entry <= seen.Entry;
}
