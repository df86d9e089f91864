namespace LisaOrleans;

/// <summary>An immutable blob of the store.</summary>
/// <param name="Sha256">Its name: 64 lower-case hexadecimal digits.</param>
/// <param name="Length">Its size in bytes.</param>
[GenerateSerializer, Immutable, Alias("lisa.BlobPointer")]
public sealed record BlobPointer([property: Id(0)] string Sha256, [property: Id(1)] long Length);
