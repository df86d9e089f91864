namespace LisaOrleans.Api;

/// <summary>
/// A request with an Idempotency-Key, in <c>idempotency/HASH.json</c>: first the claim, before it is done, and then its answer.
/// </summary>
internal sealed record IdempotencyRecord
{
    /// <summary>What was asked for, as a hash.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The id of what it makes, fixed from the start, so that a silo that takes over makes nothing twice.</summary>
    public required string Id { get; init; }

    /// <summary>The silo that does it.</summary>
    public required string Silo { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The answer's JSON; null until there is one.</summary>
    public string? Answer { get; init; }
}
