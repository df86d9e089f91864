namespace LisaOrleans;

/// <summary>What a part needs to take (or take back) its place in the pipeline.</summary>
[GenerateSerializer, Immutable, Alias("lisa.PartLoad")]
public sealed record PartLoad
{
    /// <summary>The new generation; the part refuses older ones from now on.</summary>
    [Id(0)] public required long Generation { get; init; }

    /// <summary>The step that the blobs below are from.</summary>
    [Id(1)] public required long Step { get; init; }

    /// <summary>The run's settings.</summary>
    [Id(2)] public required TrainingSpec Spec { get; init; }

    /// <summary>The model's config.json.</summary>
    [Id(3)] public required string ConfigJson { get; init; }

    /// <summary>Blob with the part's weights.</summary>
    [Id(4)] public required BlobRef Weights { get; init; }

    /// <summary>Blob with master weights and moments; null where the part is frozen at this step.</summary>
    [Id(5)] public BlobRef? Optimizer { get; init; }

    /// <summary>Blob with the part's adapters: those it began with, or for a part that no longer trains those it ended with; null for none.</summary>
    [Id(9)] public BlobRef? Adapter { get; init; }

    /// <summary>Blob with the moments of a part that sleeps; null for none.</summary>
    [Id(20)] public BlobRef? Parked { get; init; }

    /// <summary>The part that gets this one's output; null for the head.</summary>
    [Id(6)] public string? Next { get; init; }

    /// <summary>The silo of the next part.</summary>
    [Id(7)] public string? NextSilo { get; init; }

    /// <summary>Whether another replica keeps the part's optimizer state, updates it and sends the new weights.</summary>
    [Id(21)] public bool FollowsOwner { get; init; }

    /// <summary>
    /// Whether the replica that owns the part sends its weights as they were at that step, before anything is computed with them: what is
    /// in the blobs of a part that trains is then not read.
    /// </summary>
    [Id(22)] public bool OwnerSendsWeights { get; init; }

    /// <summary>
    /// Whether a later generation will load the part here, and this one only prepares for that: what <see cref="HeldBy"/> cannot hand over
    /// any more is left to that generation.
    /// </summary>
    [Id(23)] public bool Ahead { get; init; }

    /// <summary>The live silo that held the part before, which is asked for its state first; null to read the store.</summary>
    [Id(8)] public string? HeldBy { get; init; }
}
