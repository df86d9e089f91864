using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store in a bucket of S3, or of a server that speaks its protocol: blobs as <see cref="S3BlobEntries"/> tells, and documents
/// that are swapped under If-Match. It tries everything once; <see cref="ResilientBlobStore"/> retries.
/// </summary>
public sealed class S3BlobStore : IBlobStore
{
    private const int Attempts = 5;

    private static readonly TimeSpan s_young = TimeSpan.FromMinutes(1);

    private readonly S3Bucket _bucket;

    /// <summary>A store in a bucket that exists.</summary>
    /// <param name="client">The bucket's client, as <see cref="S3Clients"/> makes it.</param>
    /// <param name="location">The bucket, and the store's folder in it.</param>
    /// <param name="time">The clock, against which the server's is measured.</param>
    internal S3BlobStore(AmazonS3Client client, S3Location location, TimeProvider time) => _bucket = new(client, location, time);

    /// <inheritdoc/>
    public string Location => _bucket.Location.ToString();

    /// <value>Blobs longer than four parts are read and written in parts of so many bytes. Default 16 MiB.</value>
    internal int PartBytes { get; init; } = 16 << 20;

    /// <summary>Checks that the bucket is there and that the server keeps two writers of a document apart.</summary>
    /// <exception cref="StoreRefusedException">It does not, or access is denied.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => ConditionalWrites.CheckAsync(_bucket, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) =>
        (await EntriesAsync(sha256, cancellationToken).ConfigureAwait(false)).Copies.Any();

    /// <inheritdoc/>
    public async Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        var entries = await EntriesAsync(blob.Sha256, cancellationToken).ConfigureAwait(false);
        return (entries.Whole(blob.Length) is { } copy && entries.IsSafe(copy.Key) && _bucket.Now - entries.LastModified < s_young)
            || await MakeNewAsync(blob, entries, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
    {
        var entries = await EntriesAsync(blob.Sha256, cancellationToken).ConfigureAwait(false);
        if (await MakeNewAsync(new BlobRef(blob.Sha256, blob.Length), entries, cancellationToken).ConfigureAwait(false)) return false;

        await WriteAsync(S3BlobEntries.NewCopy(blob.Sha256), blob, cancellationToken).ConfigureAwait(false);

        // What has another length is something else, which no reader accepts.
        foreach (var wrong in entries.Copies.Where(c => c.Length != blob.Length))
            await _bucket.DeleteAsync(wrong.Key, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        var key = await FindAsync(blob, cancellationToken).ConfigureAwait(false);
        var content = BlobContent.Allocate(blob.Length);
        try
        {
            var partBytes = blob.Length > 4L * PartBytes ? PartBytes : Math.Max(1, blob.Length);
            var parts = Enumerable.Range(0, checked((int)((blob.Length + partBytes - 1) / partBytes))).Select(i => i * partBytes);
            var options = new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(parts, options, async (start, token) =>
            {
                var length = Math.Min(partBytes, blob.Length - start);
                using var answer = await GetAsync(blob, key, start, length, token).ConfigureAwait(false);
                if (!await content.FillAsync(answer.ResponseStream, start, length, token).ConfigureAwait(false))
                    throw new BlobCorruptException(blob.Sha256, Location);
            }).ConfigureAwait(false);
            return content.ComputeSha256() == blob.Sha256 ? content : throw new BlobCorruptException(blob.Sha256, Location);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken)
    {
        var key = await FindAsync(blob, cancellationToken).ConfigureAwait(false);
        var start = new byte[Math.Min(count, blob.Length)];
        if (start.Length == 0) return start;
        using var answer = await GetAsync(blob, key, 0, start.Length, cancellationToken).ConfigureAwait(false);
        await answer.ResponseStream.ReadExactlyAsync(start, cancellationToken).ConfigureAwait(false);
        return start;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (name, entries) in await AllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (entries.Copies.Any())
                yield return new StoredBlob(name, entries.Copies.Max(c => c.Length), entries.LastModified, entries.Version);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken)
    {
        var entries = await EntriesAsync(blob.Sha256, cancellationToken).ConfigureAwait(false);
        if (!entries.Copies.Any() || entries.Version != blob.Version) return false;

        var marks = entries.Copies.Select(c => S3BlobEntries.NewCondemnation(c.Key)).ToList();
        foreach (var mark in marks) await _bucket.MarkAsync(mark, cancellationToken).ConfigureAwait(false);

        // Who renews it from now on sees the marks. Whoever was quicker is seen here.
        entries = await EntriesAsync(blob.Sha256, cancellationToken).ConfigureAwait(false);
        var isFree = entries.Version == blob.Version;
        var gone = isFree ? entries.Copies.Concat(entries.Marks).Select(e => e.Key) : marks;
        foreach (var key in gone) await _bucket.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        return isFree;
    }

    /// <inheritdoc/>
    public async Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await _bucket.GetAsync(Document(path), range: null, cancellationToken).ConfigureAwait(false);
        if (answer is null) return null;
        using var bytes = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return new StoreDocument(DocumentStamp.Remove(bytes.ToArray()), answer.ETag);
    }

    /// <inheritdoc/>
    public async Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
        await _bucket.SwapAsync(Document(path), DocumentStamp.Add(content.Span), ifMatch, cancellationToken).ConfigureAwait(false)
            ?? throw new ETagMismatchException(path);

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListDocumentsAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in _bucket.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            if (!item.Key.StartsWith(S3BlobEntries.Prefix, StringComparison.Ordinal) && DocumentPath.IsOne(item.Key)) yield return item.Key;
    }

    /// <inheritdoc/>
    public async Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await _bucket.AbortUploadsAsync(now - age, cancellationToken).ConfigureAwait(false);
        await foreach (var tried in _bucket.ListAsync(ConditionalWrites.Folder, cancellationToken).ConfigureAwait(false))
            if (now - tried.LastModified > age) await _bucket.DeleteAsync(tried.Key, cancellationToken).ConfigureAwait(false);
        foreach (var (_, entries) in await AllAsync(cancellationToken).ConfigureAwait(false))
        {
            // A collector died before it deleted this copy, and whoever needed the blob has made another.
            foreach (var copy in entries.Copies.Where(c => entries.IsReplaced(c) && now - c.LastModified > age))
                await _bucket.DeleteAsync(copy.Key, cancellationToken).ConfigureAwait(false);

            // Marks whose copy is gone: of those who were just too late.
            foreach (var mark in entries.Marks.Where(m => entries.IsOrphan(m) && now - m.LastModified > age))
                await _bucket.DeleteAsync(mark.Key, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task DeleteDocumentAsync(string path, CancellationToken cancellationToken) => _bucket.DeleteAsync(Document(path), cancellationToken);

    private static string Document(string path) => string.Join('/', DocumentPath.Split(path));

    // True if a copy in full length is there that no collector deletes before it has aged anew.
    private async Task<bool> MakeNewAsync(BlobRef blob, S3BlobEntries entries, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (entries.Whole(blob.Length) is not { } copy) return false;
            if (entries.IsSafe(copy.Key))
            {
                var mark = S3BlobEntries.NewRenewal(copy.Key);
                await _bucket.MarkAsync(mark, cancellationToken).ConfigureAwait(false);
                var after = await EntriesAsync(blob.Sha256, cancellationToken).ConfigureAwait(false);
                var isSafe = after.IsSafe(copy.Key);
                foreach (var key in isSafe ? entries.RenewalsOf(copy.Key) : [mark])
                    await _bucket.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
                if (isSafe) return true;
                entries = after;
            }

            // A collector is about to delete this copy, or died before it did. It does not know of another.
            else if (await _bucket.CopyAsync(copy.Key, S3BlobEntries.NewCopy(blob.Sha256), copy.Length, cancellationToken).ConfigureAwait(false))
                return true;
            else entries = await EntriesAsync(blob.Sha256, cancellationToken).ConfigureAwait(false);
        }

        throw new IOException($"{Location}: blob {blob.Sha256} is deleted and written anew all the time");
    }

    private async Task WriteAsync(string key, IBlobSource blob, CancellationToken cancellationToken)
    {
        using var content = blob.OpenRead();
        if (blob.Length > 4L * PartBytes)
        {
            await _bucket.UploadAsync(key, content, blob.Length, PartBytes, cancellationToken).ConfigureAwait(false);
            return;
        }

        var md5 = await Md5.OfAsync(content, cancellationToken).ConfigureAwait(false);
        content.Position = 0;
        await _bucket.PutAsync(key, content, md5, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> FindAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        var entries = await EntriesAsync(blob.Sha256, cancellationToken).ConfigureAwait(false);
        if (entries.Whole(blob.Length) is { } copy) return copy.Key;
        throw entries.Copies.Any() ? new BlobCorruptException(blob.Sha256, Location) : new BlobMissingException(blob.Sha256, Location);
    }

    // A reader may have listed a copy that was deleted since, after it was copied.
    private async Task<GetObjectResponse> GetAsync(BlobRef blob, string key, long start, long length, CancellationToken cancellationToken) =>
        await _bucket.GetAsync(key, new ByteRange(start, start + length - 1), cancellationToken).ConfigureAwait(false)
            ?? throw new IOException($"{Location}: blob {blob.Sha256} was deleted while it was read");

    private async Task<S3BlobEntries> EntriesAsync(string sha256, CancellationToken cancellationToken) =>
        new(await _bucket.ListAsync(S3BlobEntries.Folder(sha256), cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false));

    private async Task<Dictionary<string, S3BlobEntries>> AllAsync(CancellationToken cancellationToken)
    {
        var all = await _bucket.ListAsync(S3BlobEntries.Prefix, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        return all.GroupBy(e => S3BlobEntries.Blob(e.Key)).Where(g => g.Key is not null).ToDictionary(g => g.Key!, g => new S3BlobEntries([.. g]));
    }
}
