namespace LisaOrleans.Checkpoints.Tests;

/// <summary>The store as a process sees it that dies at one of its calls, before it or when it has been done.</summary>
internal sealed class CrashingBlobStore(IBlobStore inner, int crashAt, bool afterTheCall) : IBlobStore
{
    private int _calls;

    public string Location => inner.Location;

    public bool Crashed { get; private set; }

    public Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) => Call(() => inner.ExistsAsync(sha256, cancellationToken));

    public Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken) => Call(() => inner.RenewAsync(blob, cancellationToken));

    public Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken) => Call(() => inner.PutAsync(blob, cancellationToken));

    public Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken) => Call(() => inner.ReadAsync(blob, cancellationToken));

    public Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken) =>
        Call(() => inner.ReadStartAsync(blob, count, cancellationToken));

    public IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

    public Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken) => Call(() => inner.DeleteAsync(blob, cancellationToken));

    public Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) =>
        Call(() => inner.GetDocumentAsync(path, cancellationToken));

    public Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
        Call(() => inner.PutDocumentAsync(path, content, ifMatch, cancellationToken));

    public IAsyncEnumerable<string> ListDocumentsAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ListDocumentsAsync(prefix, cancellationToken);

    public Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken) => Call(async () =>
    {
        await inner.DeleteUnfinishedAsync(age, now, cancellationToken);
        return true;
    });

    public Task DeleteDocumentAsync(string path, CancellationToken cancellationToken) => Call(async () =>
    {
        await inner.DeleteDocumentAsync(path, cancellationToken);
        return true;
    });

    private async Task<T> Call<T>(Func<Task<T>> call)
    {
        var dies = Crashed || Interlocked.Increment(ref _calls) > crashAt;
        if (dies && !afterTheCall) Die();
        var result = await call();
        if (dies) Die();
        return result;
    }

    private void Die()
    {
        Crashed = true;
        throw new SimulatedCrashException();
    }
}
