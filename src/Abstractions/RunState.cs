namespace LisaOrleans;

/// <summary>The life of a run.</summary>
public enum RunState
{
    /// <summary>Known, not started.</summary>
    Queued,

    /// <summary>Loading its parts.</summary>
    Starting,

    /// <summary>Training.</summary>
    Running,

    /// <summary>Something failed; going back to the last manifest.</summary>
    Recovering,

    /// <summary>Stopped after a manifest; can be started again.</summary>
    Paused,

    /// <summary>All steps done and stored.</summary>
    Succeeded,

    /// <summary>It could not recover; the reason is in the status. Can be started again.</summary>
    Failed,

    /// <summary>Stopped for good.</summary>
    Cancelled,
}
