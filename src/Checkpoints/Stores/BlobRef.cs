namespace LisaOrleans.Checkpoints;

/// <summary>An immutable blob.</summary>
/// <param name="Sha256">Its name: 64 lower-case hexadecimal digits.</param>
/// <param name="Length">Bytes.</param>
public sealed record BlobRef(string Sha256, long Length)
{
    /// <summary>Whether a text is a blob's name.</summary>
    public static bool IsName(string? text) => text is { Length: 64 } && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));
}
