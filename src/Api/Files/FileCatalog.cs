using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>The files of a store: those that were uploaded, and those with the metrics of jobs.</summary>
internal sealed partial class FileCatalog(IBlobStore store, TimeProvider time, ILogger<FileCatalog> logger)
{
    private readonly DocumentSet<StoredFile> _files = new(store, "files");

    /// <summary>Keeps an upload under an id; changes nothing if that was done before.</summary>
    public Task<StoredFile> AddAsync(string id, UploadedFile upload, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var file = new StoredFile
        {
            Id = id,
            Filename = upload.Filename,
            Bytes = upload.Bytes,
            CreatedAt = now,
            Purpose = upload.Purpose,
            ExpiresAt = now + upload.Lifetime,
            Sha256 = upload.Sha256,
        };
        return AddAsync(file, upload.Blob, cancellationToken);
    }

    /// <summary>Keeps a file; if there already is or was one with this id, it stays as it is.</summary>
    public async Task<StoredFile> AddAsync(StoredFile file, IBlobSource blob, CancellationToken cancellationToken)
    {
        await StoreRepair.PutWholeAsync(store, blob, cancellationToken);
        if (await _files.TryCreateAsync(file.Id, file, cancellationToken)) return file;
        return await _files.FindAsync(file.Id, cancellationToken) is { } there ? there.Value : throw Missing(file.Id);
    }

    /// <summary>
    /// All files whose documents can be read, newest first. Those that have gone are among them for a while, as a list may go on after one.
    /// </summary>
    public async Task<IReadOnlyList<StoredFile>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await _files.ListAsync(LogDamaged, cancellationToken))
            .OrderByDescending(f => f.CreatedAt).ThenByDescending(f => f.Id, StringComparer.Ordinal)];

    /// <summary>A file that must be there.</summary>
    /// <exception cref="ApiException">It is not.</exception>
    public async Task<StoredFile> GetAsync(string id, CancellationToken cancellationToken) =>
        ApiIds.IsId(id, ApiIds.FilePrefix) && await _files.FindAsync(id, cancellationToken) is { } file && IsThere(file.Value)
            ? file.Value
            : throw Missing(id);

    /// <summary>Its content; the caller owns it.</summary>
    public Task<BlobContent> ReadAsync(StoredFile file, CancellationToken cancellationToken) =>
        store.ReadAsync(new BlobRef(file.Sha256!, file.Bytes), cancellationToken);

    /// <summary>Deletes a file. Its blob goes later, unless something else names it.</summary>
    /// <exception cref="ApiException">It is not there.</exception>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        await GetAsync(id, cancellationToken);
        await _files.UpdateAsync(id, Deleted, cancellationToken);
    }

    /// <summary>
    /// Removes expired files, and the blobs of deleted files from the store, once nothing else can be about to name them.
    /// </summary>
    /// <param name="minimumAge">How old a blob must be, and how long a file must have been gone.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task CollectAsync(TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        var deleted = new List<StoredFile>();
        foreach (var file in await _files.ListAsync(LogDamaged, cancellationToken))
        {
            var left = file.Sha256 is not null && !IsThere(file) ? await _files.UpdateAsync(file.Id, Deleted, cancellationToken) : file;
            if (left?.DeletedBlob is not null) deleted.Add(left);
        }

        if (deleted.Count == 0) return;
        var now = time.GetUtcNow();
        var report = await GarbageCollector.CollectAsync(
            store, deleted.Select(f => f.DeletedBlob!).ToHashSet(), minimumAge, time, cancellationToken);
        var spared = report.Spared.Select(b => b.Sha256).ToHashSet();
        foreach (var file in deleted)
        {
            // A list may go on after one that was just deleted. A blob that is too young is looked at again; one that something else names
            // is not this file's any more.
            if (now - file.ExpiresAt is { Ticks: >= 0 } gone && gone < minimumAge) continue;
            if (!spared.Contains(file.DeletedBlob!)) await _files.DeleteAsync(file.Id, cancellationToken);
        }
    }

    /// <summary>Whether a file is there: neither deleted nor expired.</summary>
    public bool IsThere(StoredFile file) => file.Sha256 is not null && !(file.ExpiresAt <= time.GetUtcNow());

    private StoredFile? Deleted(StoredFile file)
    {
        if (file.Sha256 is null) return null;
        var now = time.GetUtcNow();
        return file with { Sha256 = null, DeletedBlob = file.Sha256, ExpiresAt = file.ExpiresAt < now ? file.ExpiresAt : now };
    }

    private static ApiException Missing(string id) => ApiException.NotFound($"No such File object: {ApiText.Shorten(id)}", "id");

    private void LogDamaged(InvalidDataFileException e) => LogDamaged(e.Message);

    [LoggerMessage(Level = LogLevel.Error, Message = "A file is left out of the list: {Reason}")]
    private partial void LogDamaged(string reason);
}
