using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store in a folder: <c>blobs/ab/abcd…</c> and documents as files. Every file appears whole or not at all; a document is
/// compared and swapped under a lock (<see cref="SwapLock"/>) that neither a dead nor a frozen process keeps from the others.
/// </summary>
public sealed class FolderBlobStore : IBlobStore
{
    // How often a swap begins anew after others took its process for frozen. The longer it tries, the longer it leaves to others.
    private const int MaxSwaps = 20;

    private readonly string _root;
    private readonly string _blobs;
    private readonly FolderClock _clock;

    /// <summary>Opens or creates a store.</summary>
    public FolderBlobStore(string root)
        : this(root, TimeProvider.System)
    {
    }

    internal FolderBlobStore(string root, TimeProvider time)
    {
        _clock = new FolderClock(time);
        _root = Path.GetFullPath(root);
        _blobs = Path.Combine(_root, StoreFolder.Blobs);
        Directory.CreateDirectory(_blobs);
    }

    /// <inheritdoc/>
    public string Location => _root;

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) => Task.FromResult(BlobFile.Exists(BlobPath(sha256)));

    /// <inheritdoc/>
    public async Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        var path = BlobPath(blob.Sha256);
        if (!StoreFolder.Has(path, _root, BlobFile.Exists)) return false;
        var file = new FileInfo(path);
        if (file.Exists && file.Length == blob.Length && _clock.IsYoung(file.LastWriteTimeUtc)) return true;
        using var held = await LockBlobsAsync(path, cancellationToken).ConfigureAwait(false);
        return BlobFile.Touch(path, blob.Length, _clock);
    }

    /// <inheritdoc/>
    public async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
    {
        var path = BlobPath(blob.Sha256);
        StoreFolder.MakeFor(path, _root);
        using var held = BlobFile.Exists(path) ? await LockBlobsAsync(path, cancellationToken).ConfigureAwait(false) : null;
        if (held is not null && BlobFile.Touch(path, blob.Length, _clock)) return false;

        // Nothing is there, or something cut off, which no reader accepts.
        await AtomicFile.WriteAsync(path, blob.WriteToAsync, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var content = Open(blob, BlobContent.MapFile);
            if (content.Length == blob.Length && content.ComputeSha256() == blob.Sha256) return content;
            content.Dispose();
            throw new BlobCorruptException(blob.Sha256, Location);
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken)
    {
        var file = Open(blob, File.OpenRead);
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
        foreach (var file in StoreFiles.In(_blobs))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (BlobRef.IsName(file.Name)) yield return new StoredBlob(file.Name, file.Length, file.LastWriteTimeUtc, BlobFile.Version(file));
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        return BlobFile.Delete(BlobPath(blob.Sha256), blob.Version);
    }

    /// <inheritdoc/>
    public async Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken)
    {
        var file = DocumentFile(path);
        if (!StoreFolder.Has(file, _root, File.Exists)) return null;
        try
        {
            var content = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
            return new StoreDocument(content, ETag(content));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
    {
        var file = DocumentFile(path);
        StoreFolder.MakeFor(file, _root);
        for (var swap = 1; ; swap++)
        {
            if ((await GetDocumentAsync(path, cancellationToken).ConfigureAwait(false))?.ETag != ifMatch) throw new ETagMismatchException(path);
            try
            {
                var tries = swap;
                await AtomicFile.WriteAsync(file, WriteContentAsync, cancellationToken, t => LockAndCompareAsync(t, tries)).ConfigureAwait(false);
                return ETag(content.Span);
            }
            catch (FileNotFoundException e)
            {
                // The lock was broken, or somebody else's was while this process waited for it: what was to be renamed is gone.
                if (swap == MaxSwaps)
                    throw new IOException($"{Location}: {path}: this process is too slow to write it: others took its lock {swap} times", e);
            }
        }

        Task WriteContentAsync(Stream stream, CancellationToken token) => stream.WriteAsync(content, token).AsTask();

        // Only the comparison and the renaming happen under the lock, with nothing to wait for in between.
        async Task<IDisposable> LockAndCompareAsync(CancellationToken token, int tries)
        {
            var held = await SwapLock.EnterAsync(file, _root, token, tries).ConfigureAwait(false);
            try
            {
                if ((File.Exists(file) ? ETag(File.ReadAllBytes(file)) : null) != ifMatch) throw new ETagMismatchException(path);
                WriteBoundary.Reached("compared", file);
                return held;
            }
            catch
            {
                held.Dispose();
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
        foreach (var file in StoreFiles.PathsIn(start))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = Path.GetRelativePath(_root, file).Replace(Path.DirectorySeparatorChar, '/');
            var helper = Path.GetExtension(path) is SwapLock.Suffix or AtomicFile.TemporarySuffix;
            if (!helper && DocumentPath.IsOne(path) && !path.StartsWith("blobs/", StringComparison.Ordinal)
                && path.StartsWith(prefix, StringComparison.Ordinal)) yield return path;
        }
    }

    /// <inheritdoc/>
    public async Task DeleteDocumentAsync(string path, CancellationToken cancellationToken)
    {
        var file = DocumentFile(path);
        while (File.Exists(file))
        {
            // A lock takes room, which a full disk does not have: where unfinished writes can be ended, none is needed.
            using var held = OperatingSystem.IsWindows()
                ? await SwapLock.EnterAsync(file, _root, cancellationToken).ConfigureAwait(false)
                : null;
            File.Delete(file);
            if (held is not null) return;

            // Somebody may have compared what was there, and be about to rename: that write ends here, or has ended before and goes, too.
            AtomicFile.DeleteUnfinishedOf(file);
        }
    }

    /// <inheritdoc/>
    public Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // People may keep other files in a store's folder, and links to other folders. Names that begin with a dot count as hidden.
        var unfinished = Directory.GetFiles(
            _root, "*" + AtomicFile.TemporarySuffix,
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint });
        foreach (var file in unfinished)
        {
            // A blob that a collection took away, and did not come to delete, is as good as before.
            if (!BlobFile.TryPutBack(file) && AtomicFile.IsTemporary(file) && now - File.GetLastWriteTimeUtc(file) > age) File.Delete(file);
        }

        return Task.CompletedTask;
    }

    private static string ETag(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private T Open<T>(BlobRef blob, Func<string, T> open)
    {
        var path = BlobPath(blob.Sha256);
        for (var again = true; ; again = false)
        {
            if (!StoreFolder.Has(path, _root, BlobFile.Exists)) throw new BlobMissingException(blob.Sha256, Location);
            try
            {
                return open(path);
            }
            catch (FileNotFoundException) when (again)
            {
                // A collection has taken it away at this moment.
            }
        }
    }

    // Builds that know no BlobFile look and delete under this lock, one for each folder of blobs.
    private Task<SwapLock> LockBlobsAsync(string path, CancellationToken cancellationToken) =>
        SwapLock.EnterAsync(Path.GetDirectoryName(path)!, _root, cancellationToken);

    private string BlobPath(string sha256) => BlobRef.IsName(sha256)
        ? Path.Combine(_blobs, sha256[..2], sha256)
        : throw new ArgumentException($"'{sha256}' is not a blob name", nameof(sha256));

    private string DocumentFile(string path) => Path.Combine([_root, .. DocumentPath.Split(path)]);
}
