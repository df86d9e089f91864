namespace LisaOrleans.Silo;

/// <summary>A cluster's Redis does not answer, or refuses. The message holds no secret.</summary>
public sealed class RedisUnusableException(string message) : Exception(message)
{
    /// <value>Whether it may be another in a moment, as where a server is only starting. Default false.</value>
    public bool MayPass { get; init; }
}
