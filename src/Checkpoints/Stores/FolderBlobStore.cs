using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store in a folder: <c>blobs/ab/abcd…</c> and documents as files. Every file appears whole or not at all; a document is
/// compared and swapped under a lock file, which the operating system releases when its process dies.
/// </summary>
public sealed class FolderBlobStore : IBlobStore
{
    private const string LockSuffix = ".lock";
    private static readonly TimeSpan s_lockPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_young = TimeSpan.FromMinutes(1);

    private readonly string _root;
    private readonly string _blobs;

    /// <summary>Opens or creates a store.</summary>
    public FolderBlobStore(string root)
    {
        _root = Path.GetFullPath(root);
        _blobs = Path.Combine(_root, "blobs");
        Directory.CreateDirectory(_blobs);
    }

    /// <inheritdoc/>
    public string Location => _root;

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) => Task.FromResult(File.Exists(BlobPath(sha256)));

    /// <inheritdoc/>
    public async Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        var file = new FileInfo(BlobPath(blob.Sha256));
        if (!file.Exists || file.Length != blob.Length) return false;
        if (DateTime.UtcNow - file.LastWriteTimeUtc < s_young) return true;
        using var held = await Lock(file.FullName, cancellationToken).ConfigureAwait(false);
        return Touch(file.FullName, blob.Length);
    }

    /// <inheritdoc/>
    public async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
    {
        var path = BlobPath(blob.Sha256);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var held = File.Exists(path) ? await Lock(path, cancellationToken).ConfigureAwait(false) : null;
        if (held is not null && Touch(path, blob.Length)) return false;

        // Nothing is there, or something cut off, which no reader accepts.
        await AtomicFile.WriteAsync(path, blob.WriteToAsync, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var path = BlobPath(blob.Sha256);
            if (!File.Exists(path)) throw new BlobMissingException(blob.Sha256, Location);
            var content = BlobContent.MapFile(path);
            if (content.Length == blob.Length && content.ComputeSha256() == blob.Sha256) return content;
            content.Dispose();
            throw new BlobCorruptException(blob.Sha256, Location);
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken)
    {
        var path = BlobPath(blob.Sha256);
        if (!File.Exists(path)) throw new BlobMissingException(blob.Sha256, Location);
        var file = File.OpenRead(path);
        await using (file.ConfigureAwait(false))
        {
            if (file.Length != blob.Length) throw new BlobCorruptException(blob.Sha256, Location);
            var start = new byte[Math.Min(count, file.Length)];
            await file.ReadExactlyAsync(start, cancellationToken).ConfigureAwait(false);
            return start;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var file in new DirectoryInfo(_blobs).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (BlobRef.IsName(file.Name)) yield return new StoredBlob(file.Name, file.Length, file.LastWriteTimeUtc, Version(file));
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken)
    {
        var file = new FileInfo(BlobPath(blob.Sha256));
        if (!file.Exists) return false;
        using var held = await Lock(file.FullName, cancellationToken).ConfigureAwait(false);
        file.Refresh();
        if (!file.Exists || Version(file) != blob.Version) return false;
        file.Delete();
        return true;
    }

    /// <inheritdoc/>
    public async Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken)
    {
        var file = DocumentFile(path);
        if (!File.Exists(file)) return null;
        var content = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
        return new StoreDocument(content, ETag(content));
    }

    /// <inheritdoc/>
    public async Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
    {
        var file = DocumentFile(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await CompareAsync().ConfigureAwait(false);
        await AtomicFile.WriteAsync(
            file, (stream, token) => stream.WriteAsync(content, token).AsTask(), cancellationToken, LockAndCompareAsync).ConfigureAwait(false);
        return ETag(content.Span);

        async Task CompareAsync()
        {
            var current = await GetDocumentAsync(path, cancellationToken).ConfigureAwait(false);
            if (current?.ETag != ifMatch) throw new ETagMismatchException(path);
        }

        // Only the comparison and the renaming happen under the lock, with nothing to wait for in between: a process that is stopped
        // while it holds one keeps everybody else out.
        async Task<IDisposable> LockAndCompareAsync(CancellationToken token)
        {
            var held = await Lock(file, token).ConfigureAwait(false);
            try
            {
                if ((File.Exists(file) ? ETag(File.ReadAllBytes(file)) : null) != ifMatch) throw new ETagMismatchException(path);
                return held;
            }
            catch
            {
                await held.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListDocumentsAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);

        // Only the folder that the prefix names, so that a store with many blobs is not walked for a few documents.
        var end = prefix.LastIndexOf('/');
        var start = end > 0 ? DocumentFile(prefix[..end]) : _root;
        if (!Directory.Exists(start)) yield break;
        foreach (var file in Directory.EnumerateFiles(start, "*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = Path.GetRelativePath(_root, file).Replace(Path.DirectorySeparatorChar, '/');
            var helper = path.EndsWith(LockSuffix, StringComparison.Ordinal) || path.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal);
            if (!helper && !path.StartsWith("blobs/", StringComparison.Ordinal) && path.StartsWith(prefix, StringComparison.Ordinal))
                yield return path;
        }
    }

    /// <inheritdoc/>
    public async Task DeleteDocumentAsync(string path, CancellationToken cancellationToken)
    {
        var file = DocumentFile(path);
        if (!File.Exists(file)) return;
        using var held = await Lock(file, cancellationToken).ConfigureAwait(false);
        File.Delete(file);
    }

    /// <inheritdoc/>
    public Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var old = Directory.EnumerateFiles(
            _root, "*" + AtomicFile.TemporarySuffix, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Where(f => now - File.GetLastWriteTimeUtc(f) > age).ToArray();
        foreach (var file in old) File.Delete(file);
        return Task.CompletedTask;
    }

    // Garbage collection spares what is new, and this is about to be referred to. It may also just have deleted it.
    private static bool Touch(string path, long length)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length != length) return false;
        file.LastWriteTimeUtc = DateTime.UtcNow;
        return true;
    }

    private static string Version(FileInfo file) => file.LastWriteTimeUtc.Ticks.ToString(CultureInfo.InvariantCulture);

    private static string ETag(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    // FileShare.None is a flock on Linux: it ends with the process, so a killed holder blocks nobody.
    private async Task<FileStream> Lock(string file, CancellationToken cancellationToken)
    {
        // A document has a lock of its own. Blobs share one per folder: otherwise there would be as many locks as blobs.
        var name = file.StartsWith(_blobs, StringComparison.Ordinal) ? Path.GetDirectoryName(file) + LockSuffix : file + LockSuffix;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_lockPatience);
        while (true)
        {
            try
            {
                return new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (!patience.IsCancellationRequested && StoreRefusal.Find(e, _root) is null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(2, 10)), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private string BlobPath(string sha256) => BlobRef.IsName(sha256)
        ? Path.Combine(_blobs, sha256[..2], sha256)
        : throw new ArgumentException($"'{sha256}' is not a blob name", nameof(sha256));

    private string DocumentFile(string path) => Path.Combine([_root, .. DocumentPath.Split(path)]);
}
