using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

/// <summary>A disk that takes blobs of the run test until its manifest of step 3 is there.</summary>
internal sealed class FullStore(IBlobStore inner, bool headFits) : DelegatingBlobStore(inner)
{
    private const int NoSpace = 28;

    private int _refusals;
    private volatile bool _full;

    public int Refusals => Volatile.Read(ref _refusals);

    /// <summary>The store as processes use it.</summary>
    public ResilientBlobStore Resilient() => new(this, new ResilienceOptions { Retries = 3 }, TimeProvider.System);

    public override Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
    {
        if (!_full || (headFits && blob.Length < 4096)) return base.PutAsync(blob, cancellationToken);
        Interlocked.Increment(ref _refusals);
        throw new IOException("No space left on device", NoSpace);
    }

    public override async Task<string> PutDocumentAsync(
        string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
    {
        if (_full && !headFits) throw new IOException("No space left on device", NoSpace);
        var etag = await base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
        _full |= (await RunStore.ReadHeadAsync(this, "test", cancellationToken))?.Step == 3;
        return etag;
    }
}
