namespace LisaOrleans;

/// <summary>What the replicas of a run have exchanged in their last step: sums of gradients to owners, and new weights back.</summary>
/// <param name="Bytes">Bytes.</param>
/// <param name="HiddenShare">The share of the time of these transfers for which nobody waited, from 0 to 1.</param>
[GenerateSerializer, Immutable, Alias("lisa.ReplicaTraffic")]
public sealed record ReplicaTraffic([property: Id(0)] long Bytes, [property: Id(1)] double HiddenShare);
