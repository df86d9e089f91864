namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store of one's own over another one that is only read: what is written stays on top, and blobs that are not there are read
/// from below. The documents below, and so its runs, are not seen.
/// </summary>
/// <param name="below">The store that is only read. Nothing of it is made new, either.</param>
/// <param name="top">The store that is written to.</param>
public sealed class LayeredBlobStore(IBlobStore below, IBlobStore top) : IBlobStore
{
    /// <inheritdoc/>
    public string Location => top.Location;

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) =>
        await top.ExistsAsync(sha256, cancellationToken).ConfigureAwait(false)
        || await below.ExistsAsync(sha256, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken) =>
        await top.RenewAsync(blob, cancellationToken).ConfigureAwait(false)
        || await below.ExistsAsync(blob.Sha256, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken) =>
        !await below.ExistsAsync(blob.Sha256, cancellationToken).ConfigureAwait(false)
        && await top.PutAsync(blob, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken) =>
        await (await LayerOfAsync(blob, cancellationToken).ConfigureAwait(false)).ReadAsync(blob, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken) =>
        await (await LayerOfAsync(blob, cancellationToken).ConfigureAwait(false)).ReadStartAsync(blob, count, cancellationToken)
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken cancellationToken) => top.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken) => top.DeleteAsync(blob, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken) =>
        top.DeleteUnfinishedAsync(age, now, cancellationToken);

    /// <inheritdoc/>
    public Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) => top.GetDocumentAsync(path, cancellationToken);

    /// <inheritdoc/>
    public Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
        top.PutDocumentAsync(path, content, ifMatch, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListDocumentsAsync(string prefix, CancellationToken cancellationToken) =>
        top.ListDocumentsAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteDocumentAsync(string path, CancellationToken cancellationToken) => top.DeleteDocumentAsync(path, cancellationToken);

    private async Task<IBlobStore> LayerOfAsync(BlobRef blob, CancellationToken cancellationToken) =>
        await top.ExistsAsync(blob.Sha256, cancellationToken).ConfigureAwait(false) ? top : below;
}
