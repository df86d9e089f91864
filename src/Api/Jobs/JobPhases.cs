namespace LisaOrleans.Api;

/// <summary>The values of <see cref="JobDocument.Phase"/>: what the job's document knows; its run knows the rest.</summary>
internal static class JobPhases
{
    /// <summary>Some silo brings model and data into the store.</summary>
    public const string Validating = "validating";

    /// <summary>There is a run, which says how it goes.</summary>
    public const string Imported = "imported";

    /// <summary>It never became a run.</summary>
    public const string Failed = "failed";

    /// <summary>It was cancelled before it became a run.</summary>
    public const string Cancelled = "cancelled";
}
