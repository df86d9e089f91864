using LisaOrleans.Checkpoints;

namespace LisaOrleans.Api;

/// <summary>The uploaded files of a store.</summary>
internal sealed class FileCatalog(IBlobStore store, TimeProvider time)
{
    private readonly DocumentSet<StoredFile> _files = new(store, "files");

    /// <summary>Keeps an upload under an id; again, where that was done before, changes nothing.</summary>
    public async Task<StoredFile> AddAsync(string id, UploadedFile upload, CancellationToken cancellationToken)
    {
        await store.PutAsync(upload.Blob, cancellationToken);
        var file = new StoredFile
        {
            Id = id,
            Filename = upload.Filename,
            Bytes = upload.Bytes,
            CreatedAt = time.GetUtcNow(),
            Purpose = upload.Purpose,
            Sha256 = upload.Sha256,
        };
        return await _files.TryCreateAsync(id, file, cancellationToken) ? file : await GetAsync(id, cancellationToken);
    }

    /// <summary>All files, newest first.</summary>
    public async Task<IReadOnlyList<StoredFile>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await _files.ListAsync(cancellationToken)).Where(f => f.Sha256 is not null)
            .OrderByDescending(f => f.CreatedAt).ThenByDescending(f => f.Id, StringComparer.Ordinal)];

    /// <summary>A file that must be there.</summary>
    /// <exception cref="ApiException">It is not.</exception>
    public async Task<StoredFile> GetAsync(string id, CancellationToken cancellationToken) =>
        ApiIds.IsId(id, ApiIds.FilePrefix) && await _files.FindAsync(id, cancellationToken) is { Value.Sha256: not null } file
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
        await _files.UpdateAsync(id, f => f.Sha256 is null ? null : f with { Sha256 = null, DeletedBlob = f.Sha256 }, cancellationToken);
    }

    /// <summary>Removes the blobs of deleted files from the store, once nothing else can be about to name them.</summary>
    public async Task CollectAsync(TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        var deleted = (await _files.ListAsync(cancellationToken)).Where(f => f.DeletedBlob is not null).ToArray();
        if (deleted.Length == 0) return;
        await GarbageCollector.CollectAsync(store, deleted.Select(f => f.DeletedBlob!).ToHashSet(), minimumAge, time, cancellationToken);
        foreach (var file in deleted)
        {
            // Still there: too young, or something names it. It is looked at again next time.
            if (!await store.ExistsAsync(file.DeletedBlob!, cancellationToken)) await _files.DeleteAsync(file.Id, cancellationToken);
        }
    }

    private static ApiException Missing(string id) => ApiException.NotFound($"No such File object: {ApiText.Shorten(id)}", "id");
}
