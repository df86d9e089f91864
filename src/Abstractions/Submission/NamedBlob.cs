namespace LisaOrleans;

/// <summary>A file that was brought into the store.</summary>
/// <param name="Name">Its name, without a folder but for a further chat template (<see cref="ModelFileNames"/>).</param>
/// <param name="Blob">Its bytes.</param>
[GenerateSerializer, Immutable, Alias("lisa.NamedBlob")]
public sealed record NamedBlob([property: Id(0)] string Name, [property: Id(1)] BlobRef Blob);
