namespace LisaOrleans.Grains;

/// <summary>
/// Where a run is in its life on this silo. It begins as <see cref="Queued"/> or <see cref="Starting"/>, goes between
/// <see cref="Starting"/>, <see cref="Waiting"/>, <see cref="Training"/> and <see cref="Recovering"/> while it is worked on, and
/// comes to <see cref="Ended"/>, from which it may begin again.
/// </summary>
/// <param name="State">What those who ask for the status are told.</param>
/// <param name="Reason">Why, where there is something to say.</param>
internal abstract record RunPhase(RunState State, string? Reason)
{
    /// <summary>It has no silos yet, or nobody works on it here: the store knows its status best.</summary>
    public sealed record Queued() : RunPhase(RunState.Queued, null);

    /// <summary>It takes the run and loads its parts.</summary>
    public sealed record Starting() : RunPhase(RunState.Starting, null);

    /// <summary>It has silos, but they are too small at the moment.</summary>
    /// <param name="For">What it waits for.</param>
    public sealed record Waiting(string For) : RunPhase(RunState.Starting, $"waiting: {For}");

    /// <summary>Its parts are loaded and its steps go on.</summary>
    public sealed record Training() : RunPhase(RunState.Running, null);

    /// <summary>Something failed; it goes back to its last manifest.</summary>
    public sealed record Recovering() : RunPhase(RunState.Recovering, null);

    /// <summary>Nothing more happens here until it is started again.</summary>
    /// <param name="State">How it ended; <see cref="RunState.Running"/> if it goes on elsewhere.</param>
    /// <param name="Reason">Why, where something went wrong.</param>
    /// <param name="IsStored">Whether the store says so too.</param>
    public sealed record Ended(RunState State, string? Reason, bool IsStored) : RunPhase(State, Reason)
    {
        /// <value>Whether another owner has taken the run. Default false.</value>
        public bool IsElsewhere { get; init; }

        /// <value>Whether somebody has stopped it, and the store could not be told.</value>
        public bool IsUnstoredStop => State is RunState.Paused or RunState.Cancelled && Reason is null && !IsStored;

        /// <summary>
        /// Whether a stop that was asked for is still to be stored: this end was under way before, or the store was away. One that paused
        /// itself stays paused, stored or not.
        /// </summary>
        /// <param name="wish">What was asked for.</param>
        /// <param name="isAlone">Whether there is no cluster: then a run that goes on elsewhere is somebody else's.</param>
        public bool LeavesOpen(RunWish wish, bool isAlone) => IsElsewhere
            ? !isAlone
            : State == RunState.Running
                || (!IsStored && State != RunState.Succeeded && !(wish == RunWish.Pause && State == RunState.Paused && Reason is not null))
                || (wish == RunWish.Cancel && State is RunState.Paused or RunState.Failed);
    }
}
