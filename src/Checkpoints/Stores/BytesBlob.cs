using System.Security.Cryptography;

namespace LisaOrleans.Checkpoints;

/// <summary>A small blob in managed memory.</summary>
public sealed class BytesBlob(byte[] content) : IBlobSource
{
    /// <inheritdoc/>
    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(content));

    /// <inheritdoc/>
    public long Length => content.Length;

    /// <inheritdoc/>
    public Task WriteToAsync(Stream stream, CancellationToken cancellationToken) => stream.WriteAsync(content, cancellationToken).AsTask();

    /// <inheritdoc/>
    public Stream OpenRead() => new MemoryStream(content, writable: false);
}
