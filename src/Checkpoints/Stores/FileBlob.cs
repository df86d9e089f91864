namespace LisaOrleans.Checkpoints;

/// <summary>A file that is to become a blob, whose hash is known. The file stays its owner's.</summary>
/// <param name="path">Where it is.</param>
/// <param name="sha256">SHA-256 of its bytes.</param>
/// <param name="length">Bytes.</param>
public sealed class FileBlob(string path, string sha256, long length) : IBlobSource
{
    /// <inheritdoc/>
    public string Sha256 => sha256;

    /// <inheritdoc/>
    public long Length => length;

    /// <inheritdoc/>
    public async Task WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        var file = OpenRead();
        await using (file.ConfigureAwait(false)) await file.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Stream OpenRead() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
}
