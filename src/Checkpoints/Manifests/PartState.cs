using System.Text.Json.Serialization;

namespace LisaOrleans.Checkpoints;

/// <summary>Where a part's state at one step is stored.</summary>
public sealed record PartState
{
    /// <value>Its weights in the model's dtype. For a part that trains: those it began with.</value>
    public required BlobRef Weights { get; init; }

    /// <value>Its master weights and moments, or those of its adapters; null for a frozen part.</value>
    public BlobRef? Optimizer { get; init; }

    /// <value>The moments of a frozen part that will go on with them; null for none.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BlobRef? Parked { get; init; }

    /// <value>Its adapters, float32. While they train: those it began with. Null for none; its weights are frozen otherwise.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BlobRef? Adapter { get; init; }

    /// <summary>Every blob that it names.</summary>
    public IEnumerable<BlobRef> References() => ((BlobRef?[])[Weights, Optimizer, Adapter, Parked]).OfType<BlobRef>();
}
