using System.Runtime.CompilerServices;

namespace LisaOrleans.Checkpoints;

/// <summary>Counts what is asked of a store, for metrics; does nothing else.</summary>
public sealed class MeasuredBlobStore(IBlobStore inner) : IBlobStore
{
    /// <inheritdoc/>
    public string Location => inner.Location;

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) =>
        StoreTelemetry.Measure("exists", inner.ExistsAsync(sha256, cancellationToken));

    /// <inheritdoc/>
    public Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken) =>
        StoreTelemetry.Measure("renew", inner.RenewAsync(blob, cancellationToken));

    /// <inheritdoc/>
    public async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
    {
        var written = await StoreTelemetry.Measure("put", inner.PutAsync(blob, cancellationToken)).ConfigureAwait(false);
        if (written) StoreTelemetry.Moved("write", blob.Length);
        return written;
    }

    /// <inheritdoc/>
    public async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        var content = await StoreTelemetry.Measure("read", inner.ReadAsync(blob, cancellationToken)).ConfigureAwait(false);
        StoreTelemetry.Moved("read", blob.Length);
        return content;
    }

    /// <inheritdoc/>
    public async Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken)
    {
        var start = await StoreTelemetry.Measure("read_start", inner.ReadStartAsync(blob, count, cancellationToken)).ConfigureAwait(false);
        StoreTelemetry.Moved("read", start.Length);
        return start;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken cancellationToken) =>
        Counted(inner.ListAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken) =>
        StoreTelemetry.Measure("delete", inner.DeleteAsync(blob, cancellationToken));

    /// <inheritdoc/>
    public Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken) =>
        StoreTelemetry.Measure("delete_unfinished", Done(inner.DeleteUnfinishedAsync(age, now, cancellationToken)));

    /// <inheritdoc/>
    public Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) =>
        StoreTelemetry.Measure("get_document", inner.GetDocumentAsync(path, cancellationToken));

    /// <inheritdoc/>
    public Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
        StoreTelemetry.Measure("put_document", inner.PutDocumentAsync(path, content, ifMatch, cancellationToken));

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListDocumentsAsync(string prefix, CancellationToken cancellationToken) =>
        Counted(inner.ListDocumentsAsync(prefix, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteDocumentAsync(string path, CancellationToken cancellationToken) =>
        StoreTelemetry.Measure("delete_document", Done(inner.DeleteDocumentAsync(path, cancellationToken)));

    private static async Task<bool> Done(Task task)
    {
        await task.ConfigureAwait(false);
        return true;
    }

    // The first page tells whether the store answers.
    private static async IAsyncEnumerable<T> Counted<T>(IAsyncEnumerable<T> list, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var items = list.GetAsyncEnumerator(cancellationToken);
        await using (items.ConfigureAwait(false))
        {
            var more = await StoreTelemetry.Measure("list", items.MoveNextAsync().AsTask()).ConfigureAwait(false);
            for (; more; more = await items.MoveNextAsync().ConfigureAwait(false)) yield return items.Current;
        }
    }
}
