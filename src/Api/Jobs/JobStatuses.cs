namespace LisaOrleans.Api;

/// <summary>OpenAI's statuses of a fine-tuning job.</summary>
internal static class JobStatuses
{
    public const string ValidatingFiles = "validating_files";
    public const string Queued = "queued";
    public const string Running = "running";
    public const string Paused = "paused";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";

    public static string Of(RunState state) => state switch
    {
        RunState.Queued => Queued,
        RunState.Paused => Paused,
        RunState.Succeeded => Succeeded,
        RunState.Failed => Failed,
        RunState.Cancelled => Cancelled,
        _ => Running,
    };

    /// <summary>Whether a job with this status has ended. A failed job may be resumed.</summary>
    public static bool IsEnd(string status) => status is Succeeded or Failed or Cancelled;
}
