namespace LisaOrleans;

/// <summary>Bytes that a part holds now, by kind.</summary>
[GenerateSerializer, Immutable, Alias("lisa.PartMemory")]
public sealed record PartMemory
{
    /// <summary>Weights in the compute dtype.</summary>
    [Id(0)] public long Weights { get; init; }

    /// <summary>fp32 master weights and moments.</summary>
    [Id(1)] public long Optimizer { get; init; }

    /// <summary>Accumulated gradients.</summary>
    [Id(2)] public long Gradients { get; init; }

    /// <summary>Whether the part trains now.</summary>
    [Id(3)] public bool Trainable { get; init; }
}
