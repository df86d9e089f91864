using System.Runtime.CompilerServices;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store in which something can be tried out: what is written stays on top, and all else, documents too, is seen as it is below. The
/// list of blobs is that below, so a collection finds what it would delete there.
/// </summary>
/// <param name="below">The store that is only read.</param>
/// <param name="top">The store that is written to.</param>
public sealed class DryRunBlobStore(IBlobStore below, IBlobStore top) : LayeredBlobStore(below, top)
{
    private readonly IBlobStore _below = below;

    /// <inheritdoc/>
    public override IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken cancellationToken) => _below.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public override async Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) =>
        await Inner.GetDocumentAsync(path, cancellationToken).ConfigureAwait(false)
        ?? await _below.GetDocumentAsync(path, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async Task<string> PutDocumentAsync(
        string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
    {
        if (await Inner.GetDocumentAsync(path, cancellationToken).ConfigureAwait(false) is null)
        {
            var there = await _below.GetDocumentAsync(path, cancellationToken).ConfigureAwait(false);
            ifMatch = there?.ETag == ifMatch ? null : throw new ETagMismatchException(path);
        }

        return await Inner.PutDocumentAsync(path, content, ifMatch, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<string> ListDocumentsAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>();
        foreach (var layer in (IBlobStore[])[Inner, _below])
        {
            await foreach (var path in layer.ListDocumentsAsync(prefix, cancellationToken).ConfigureAwait(false))
                if (seen.Add(path)) yield return path;
        }
    }
}
