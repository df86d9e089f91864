using System.Security.Cryptography;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Makes the bytes of a document different each time it is written. S3's ETag is a hash of the bytes: a document that is changed
/// and changed back, or written anew as it was, would have the version that somebody read before. The stamp is a line of blanks
/// and tabs at the end, with which JSON is still JSON.
/// </summary>
internal static class DocumentStamp
{
    private const int Bits = 64;

    /// <summary>The content with a new stamp.</summary>
    public static byte[] Add(ReadOnlySpan<byte> content)
    {
        var stamped = new byte[content.Length + 1 + Bits];
        content.CopyTo(stamped);
        stamped[content.Length] = (byte)'\n';
        var random = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        for (var i = 0; i < Bits; i++) stamped[content.Length + 1 + i] = (random >> i & 1) == 0 ? (byte)' ' : (byte)'\t';
        return stamped;
    }

    /// <summary>The content without its stamp. People may have written a document by hand, without one.</summary>
    public static byte[] Remove(byte[] stored)
    {
        var line = stored.Length - 1 - Bits;
        return line >= 0 && stored[line] == '\n' && stored.AsSpan(line + 1).IndexOfAnyExcept((byte)' ', (byte)'\t') < 0 ? stored[..line] : stored;
    }
}
