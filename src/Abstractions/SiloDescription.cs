namespace LisaOrleans;

/// <summary>A live silo that can hold parts.</summary>
/// <param name="Address">Its address.</param>
/// <param name="MemoryBytes">What it offers to tensors; 0 for no limit.</param>
/// <param name="Threads">Intra-op threads that it offers.</param>
/// <param name="Version">Its program's version; null where it is not known.</param>
/// <param name="OnGpu">Whether it computes on a GPU.</param>
[GenerateSerializer, Immutable, Alias("lisa.SiloDescription")]
public sealed record SiloDescription(
    [property: Id(0)] string Address, [property: Id(1)] long MemoryBytes, [property: Id(2)] int Threads, [property: Id(3)] string? Version = null,
    [property: Id(4)] bool OnGpu = false)
{
    /// <value>How fast its processor multiplies matrices; null (default) for a GPU, and where the silo does not say.</value>
    [Id(5)] public MatrixRates? Rates { get; init; }

    /// <value>Of what kind its processor or GPU is, in words; null (default) where the silo does not say.</value>
    [Id(6)] public string? Kind { get; init; }
}
