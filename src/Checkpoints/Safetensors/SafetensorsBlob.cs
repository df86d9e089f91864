using System.Security.Cryptography;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Tensors in native memory as one blob. Nothing is copied: the bytes must stay the same until the blob is written, and its streams are
/// closed.
/// </summary>
public sealed class SafetensorsBlob : IBlobSource
{
    private const int Chunk = 1 << 20;

    private readonly byte[] _header;
    private readonly IReadOnlyList<TensorSource> _tensors;

    internal SafetensorsBlob(byte[] header, IReadOnlyList<TensorSource> tensors, CancellationToken cancellationToken)
    {
        (_header, _tensors) = (header, tensors);
        Length = header.Length + tensors.Sum(t => t.Length);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header);
        foreach (var tensor in tensors)
        {
            for (long at = 0; at < tensor.Length; at += Chunk)
            {
                cancellationToken.ThrowIfCancellationRequested();
                tensor.Read(at, Chunk, hash, static (bytes, hash) => hash.AppendData(bytes));
            }
        }

        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public string Sha256 { get; }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public Task WriteToAsync(Stream stream, CancellationToken cancellationToken) => WriteAsync(stream, _header, _tensors, cancellationToken);

    /// <inheritdoc/>
    public Stream OpenRead() => new SafetensorsStream(_header, _tensors);

    internal static async Task WriteAsync(
        Stream stream, byte[] header, IReadOnlyList<TensorSource> tensors, CancellationToken cancellationToken)
    {
        await Write(header).ConfigureAwait(false);
        var buffer = new byte[Chunk];
        foreach (var tensor in tensors)
        {
            for (long at = 0; at < tensor.Length; at += Chunk)
            {
                var count = tensor.Read(at, Chunk, buffer, static (bytes, buffer) => bytes.CopyTo(buffer));
                await Write(buffer.AsMemory(0, count)).ConfigureAwait(false);
            }
        }

        // A file takes it at once, and on this thread: it may be one that is not to disturb others.
        ValueTask Write(ReadOnlyMemory<byte> bytes)
        {
            if (stream is not FileStream) return stream.WriteAsync(bytes, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            stream.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }
    }
}
