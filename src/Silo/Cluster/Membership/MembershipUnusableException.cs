namespace LisaOrleans.Silo;

/// <summary>The store of a cluster's membership does not answer or refuses. The message holds no secret.</summary>
public sealed class MembershipUnusableException(string message) : Exception(message)
{
    /// <value>Whether trying again in a moment may help, for example because a server is still starting. Default false.</value>
    public bool MayPass { get; init; }

    /// <value>Whether it is the cluster's mark that differs, which is there for a while after its silos are gone. Default false.</value>
    public bool IsOfMark { get; init; }

    /// <value>Whether it is the silo's store that is not the cluster's. Default false.</value>
    public bool IsOtherStore { get; init; }
}
