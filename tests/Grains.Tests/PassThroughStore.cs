using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

/// <summary>A store that hands everything on to another: a base for stores that misbehave in one way.</summary>
internal abstract class PassThroughStore(IBlobStore inner) : IBlobStore
{
    public virtual string Location => inner.Location;

    public virtual Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) => inner.ExistsAsync(sha256, cancellationToken);

    public virtual Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken) => inner.RenewAsync(blob, cancellationToken);

    public virtual Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken) => inner.PutAsync(blob, cancellationToken);

    public virtual Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken) => inner.ReadAsync(blob, cancellationToken);

    public virtual Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken) =>
        inner.ReadStartAsync(blob, count, cancellationToken);

    public virtual IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

    public virtual Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken) => inner.DeleteAsync(blob, cancellationToken);

    public virtual Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken) =>
        inner.DeleteUnfinishedAsync(age, now, cancellationToken);

    public virtual Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) =>
        inner.GetDocumentAsync(path, cancellationToken);

    public virtual Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
        inner.PutDocumentAsync(path, content, ifMatch, cancellationToken);

    public virtual IAsyncEnumerable<string> ListDocumentsAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ListDocumentsAsync(prefix, cancellationToken);

    public virtual Task DeleteDocumentAsync(string path, CancellationToken cancellationToken) => inner.DeleteDocumentAsync(path, cancellationToken);
}
