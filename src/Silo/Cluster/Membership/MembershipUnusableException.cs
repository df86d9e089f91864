namespace LisaOrleans.Silo;

/// <summary>Where a cluster's membership is kept nothing answers, or it refuses. The message holds no secret.</summary>
public sealed class MembershipUnusableException(string message) : Exception(message)
{
    /// <value>Whether it may be another in a moment, as where a server is only starting. Default false.</value>
    public bool MayPass { get; init; }
}
