using LisaOrleans.Checkpoints;

namespace LisaOrleans.Silo;

/// <summary>What a silo within this process needs.</summary>
public sealed record EmbeddedSiloOptions
{
    /// <value>The blob store. Not owned.</value>
    public required IBlobStore Store { get; init; }

    /// <value>Port of the HTTP API on loopback, 0 for any free one; null for no server.</value>
    public int? HttpPort { get; init; }

    /// <value>The HTTP API, where there is a port.</value>
    public SiloHttpOptions Http { get; init; } = new();
}
