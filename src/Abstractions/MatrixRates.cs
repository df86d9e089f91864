namespace LisaOrleans;

/// <summary>How fast a processor multiplies large matrices.</summary>
/// <param name="Float32">Floating-point operations per second in float32.</param>
/// <param name="BFloat16">The same in bfloat16.</param>
[GenerateSerializer, Immutable, Alias("lisa.MatrixRates")]
public sealed record MatrixRates([property: Id(0)] double Float32, [property: Id(1)] double BFloat16);
