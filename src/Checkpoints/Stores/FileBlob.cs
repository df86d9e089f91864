using System.Security.Cryptography;

namespace LisaOrleans.Checkpoints;

/// <summary>A file that is to become a blob. Its bytes are never all in memory.</summary>
public sealed class FileBlob : IBlobSource
{
    private const int BufferBytes = 1 << 20;

    private readonly string _path;
    private readonly DateTime _written;
    private readonly Action<long>? _sent;

    /// <summary>A file whose hash is known.</summary>
    /// <param name="path">The file, which still belongs to its owner.</param>
    /// <param name="sha256">SHA-256 of its bytes.</param>
    /// <param name="length">Bytes.</param>
    public FileBlob(string path, string sha256, long length)
        : this(path, sha256, length, File.GetLastWriteTimeUtc(path), null)
    {
    }

    private FileBlob(string path, string sha256, long length, DateTime written, Action<long>? sent) =>
        (_path, Sha256, Length, _written, _sent) = (path, sha256, length, written, sent);

    /// <inheritdoc/>
    public string Sha256 { get; }

    /// <inheritdoc/>
    public long Length { get; }

    /// <summary>Hashes a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sent">
    /// Called with the number of bytes read so far, counted from the start, whenever some of the blob is read; null to call
    /// nobody.
    /// </param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<FileBlob> OpenAsync(string path, Action<long>? sent, CancellationToken cancellationToken)
    {
        var written = File.GetLastWriteTimeUtc(path);
        var stream = Open(path);
        await using (stream.ConfigureAwait(false))
        {
            var length = stream.Length;
            var hash = await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false);
            return new FileBlob(path, Convert.ToHexStringLower(hash), length, written, sent);
        }
    }

    /// <inheritdoc/>
    public async Task WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var source = OpenRead();
        await source.CopyToAsync(stream, BufferBytes, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataFileException">The file was changed since it was hashed.</exception>
    public Stream OpenRead()
    {
        var stream = Open(_path);
        if (stream.Length == Length && File.GetLastWriteTimeUtc(_path) == _written) return new ReportingStream(stream, _sent);
        stream.Dispose();
        throw new InvalidDataFileException(_path, "was changed while it was being uploaded");
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.Asynchronous | FileOptions.SequentialScan);
}
