namespace LisaOrleans.Checkpoints;

/// <summary>Where a part's state at one step is stored.</summary>
public sealed record PartState
{
    /// <value>Its weights in the model's dtype. For a part that trains: those it began with.</value>
    public required BlobRef Weights { get; init; }

    /// <value>Its master weights and moments; null for a frozen part.</value>
    public BlobRef? Optimizer { get; init; }
}
