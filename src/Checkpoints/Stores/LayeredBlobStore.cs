namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store of one's own over another one that is only read: what is written stays on top, and blobs that are not there are read
/// from below. What is there too is written all the same: below, it may be deleted at any time. The documents below, and so its runs, are
/// not seen.
/// </summary>
/// <param name="below">The store that is only read. Nothing of it is made new, either.</param>
/// <param name="top">The store that is written to.</param>
/// <param name="kept">Names of blobs that stay below, and need not be written; null (default) for none.</param>
public class LayeredBlobStore(IBlobStore below, IBlobStore top, IReadOnlySet<string>? kept = null) : DelegatingBlobStore(top)
{
    /// <inheritdoc/>
    public override async Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) =>
        await base.ExistsAsync(sha256, cancellationToken).ConfigureAwait(false)
        || await below.ExistsAsync(sha256, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken) =>
        await base.RenewAsync(blob, cancellationToken).ConfigureAwait(false)
        || await below.ExistsAsync(blob.Sha256, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken) =>
        !(kept?.Contains(blob.Sha256) == true && await below.ExistsAsync(blob.Sha256, cancellationToken).ConfigureAwait(false))
        && await base.PutAsync(blob, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken) =>
        await (await LayerOfAsync(blob, cancellationToken).ConfigureAwait(false)).ReadAsync(blob, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken) =>
        await (await LayerOfAsync(blob, cancellationToken).ConfigureAwait(false)).ReadStartAsync(blob, count, cancellationToken)
            .ConfigureAwait(false);

    private async Task<IBlobStore> LayerOfAsync(BlobRef blob, CancellationToken cancellationToken) =>
        await base.ExistsAsync(blob.Sha256, cancellationToken).ConfigureAwait(false) ? Inner : below;
}
