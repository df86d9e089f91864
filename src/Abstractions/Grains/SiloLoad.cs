namespace LisaOrleans;

/// <summary>How busy a silo's device has been. Two of these give the utilisation of the time between them.</summary>
[GenerateSerializer, Immutable, Alias("lisa.SiloLoad")]
public sealed record SiloLoad
{
    /// <summary>The device that its tensors are on, such as <c>cpu</c> or <c>cuda:0</c>.</summary>
    [Id(0)] public required string Device { get; init; }

    /// <summary>Seconds for which the device's worker had something to do, since the silo began.</summary>
    [Id(1)] public required double BusySeconds { get; init; }

    /// <summary>Seconds since the silo began.</summary>
    [Id(2)] public required double UpSeconds { get; init; }

    /// <summary>Bytes of memory that its process uses.</summary>
    [Id(3)] public required long ProcessBytes { get; init; }
}
