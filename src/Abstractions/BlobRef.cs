namespace LisaOrleans;

/// <summary>An immutable blob of the store.</summary>
/// <param name="Sha256">Its name: 64 lower-case hexadecimal digits.</param>
/// <param name="Length">Its size in bytes.</param>
[GenerateSerializer, Immutable, Alias("lisa.BlobRef")]
public sealed record BlobRef([property: Id(0)] string Sha256, [property: Id(1)] long Length)
{
    /// <summary>Whether a text is a blob's name.</summary>
    public static bool IsName(string? text) => text is { Length: 64 } && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));
}
