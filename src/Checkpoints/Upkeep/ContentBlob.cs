namespace LisaOrleans.Checkpoints;

/// <summary>A blob that was read from one store and is to be written to another.</summary>
/// <param name="sha256">Its name.</param>
/// <param name="content">Its bytes, which still belong to their owner.</param>
internal sealed class ContentBlob(string sha256, BlobContent content) : IBlobSource
{
    /// <inheritdoc/>
    public string Sha256 => sha256;

    /// <inheritdoc/>
    public long Length => content.Length;

    /// <inheritdoc/>
    public async Task WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var source = OpenRead();
        await source.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Stream OpenRead() => content.AsStream();
}
