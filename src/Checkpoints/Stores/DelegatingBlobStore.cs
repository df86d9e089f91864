namespace LisaOrleans.Checkpoints;

/// <summary>A store that hands everything on to another: a base for stores that do one thing otherwise.</summary>
/// <param name="inner">The other one.</param>
public abstract class DelegatingBlobStore(IBlobStore inner) : IBlobStore
{
    /// <summary>The store that is handed on to.</summary>
    protected IBlobStore Inner { get; } = inner;

    /// <inheritdoc/>
    public virtual string Location => Inner.Location;

    /// <inheritdoc/>
    public virtual Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) => Inner.ExistsAsync(sha256, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken) => Inner.RenewAsync(blob, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken) => Inner.PutAsync(blob, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken) => Inner.ReadAsync(blob, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken) =>
        Inner.ReadStartAsync(blob, count, cancellationToken);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken cancellationToken) => Inner.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public virtual Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken) => Inner.DeleteAsync(blob, cancellationToken);

    /// <inheritdoc/>
    public virtual Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken) =>
        Inner.DeleteUnfinishedAsync(age, now, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) =>
        Inner.GetDocumentAsync(path, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
        Inner.PutDocumentAsync(path, content, ifMatch, cancellationToken);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<string> ListDocumentsAsync(string prefix, CancellationToken cancellationToken) =>
        Inner.ListDocumentsAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public virtual Task DeleteDocumentAsync(string path, CancellationToken cancellationToken) => Inner.DeleteDocumentAsync(path, cancellationToken);
}
