using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace LisaOrleans.Checkpoints;

/// <summary>MD5 as HTTP's header Content-MD5 has it: a checksum against bytes that change on the way, which every server of S3 checks.</summary>
[SuppressMessage("Security", "CA5351", Justification = "It guards against accidents; who means harm is kept out by TLS and signatures.")]
internal static class Md5
{
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(MD5.HashData(bytes));

    public static async Task<string> OfAsync(Stream stream, CancellationToken cancellationToken) =>
        Convert.ToBase64String(await MD5.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
}
