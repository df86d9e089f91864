using System.Collections.Concurrent;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store whose large blobs can be asked for before they are needed: they are read and verified while something else is done,
/// and whoever needs one waits only for the rest. Everything else is passed on.
/// </summary>
public sealed class ReadAheadBlobStore(IBlobStore inner) : IBlobStore, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Task<BlobContent>> _begun = new();

    /// <inheritdoc/>
    public string Location => inner.Location;

    /// <summary>Begins to read a blob, for the first who asks for it. If that fails, the reader tries again.</summary>
    public void Begin(BlobRef blob) => _begun.GetOrAdd(blob.Sha256, _ => inner.ReadAsync(blob, CancellationToken.None));

    /// <inheritdoc/>
    public async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        if (!_begun.TryRemove(blob.Sha256, out var begun)) return await inner.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
        try
        {
            return await begun.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (begun.IsFaulted)
        {
            // What was missing or damaged then may have been put right since.
            return await inner.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Nobody has taken it.
            _begun.TryAdd(blob.Sha256, begun);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken) =>
        inner.ReadStartAsync(blob, count, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) => inner.ExistsAsync(sha256, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken) => inner.RenewAsync(blob, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken) => inner.PutAsync(blob, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken) => inner.DeleteAsync(blob, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken) =>
        inner.DeleteUnfinishedAsync(age, now, cancellationToken);

    /// <inheritdoc/>
    public Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) => inner.GetDocumentAsync(path, cancellationToken);

    /// <inheritdoc/>
    public Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
        inner.PutDocumentAsync(path, content, ifMatch, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListDocumentsAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ListDocumentsAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteDocumentAsync(string path, CancellationToken cancellationToken) => inner.DeleteDocumentAsync(path, cancellationToken);

    /// <summary>Frees what nobody has asked for.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var begun in _begun.Values)
        {
            await ((Task)begun).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (begun.IsCompletedSuccessfully) (await begun.ConfigureAwait(false)).Dispose();
        }

        _begun.Clear();
    }
}
