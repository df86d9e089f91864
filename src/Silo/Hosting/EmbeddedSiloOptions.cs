using LisaOrleans.Checkpoints;

namespace LisaOrleans.Silo;

/// <summary>What a silo within this process needs.</summary>
public sealed record EmbeddedSiloOptions
{
    /// <value>The blob store. Not owned.</value>
    public required IBlobStore Store { get; init; }
}
