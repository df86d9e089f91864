namespace LisaOrleans.Checkpoints;

/// <summary>The values of <see cref="RunHead.State"/>.</summary>
public static class RunHeadStates
{
    /// <summary>Complete in the store, not started yet.</summary>
    public const string Queued = "queued";

    /// <summary>To be worked on as soon as there are silos for it.</summary>
    public const string Waiting = "waiting";

    /// <summary>To be worked on, by whoever finds it without a live owner.</summary>
    public const string Running = "running";

    /// <summary>Stopped; goes on when started.</summary>
    public const string Paused = "paused";

    /// <summary>Could not go on; may be started again.</summary>
    public const string Failed = "failed";

    /// <summary>Stopped for good.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>All steps are done and stored.</summary>
    public const string Succeeded = "succeeded";
}
