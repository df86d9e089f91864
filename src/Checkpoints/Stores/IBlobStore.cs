namespace LisaOrleans.Checkpoints;

/// <summary>
/// Immutable blobs, named by their SHA-256 and verified when read, and a few small documents that change by
/// compare-and-swap. May be shared by any number of processes.
/// </summary>
public interface IBlobStore
{
    /// <summary>Where it is, for messages; never a secret.</summary>
    string Location { get; }

    /// <summary>Whether a blob is there now; nothing keeps it there.</summary>
    Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a blob is there in its full length. If so, the garbage collector sees it as new from now on, unless it is less
    /// than a minute old anyway.
    /// </summary>
    Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken);

    /// <summary>Writes a blob. Returns false if it was seen to be there already, which is as good, and makes it new.</summary>
    Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken);

    /// <summary>Reads a blob and verifies it; the caller owns the content.</summary>
    /// <exception cref="BlobMissingException">It is not there.</exception>
    /// <exception cref="BlobCorruptException">Its bytes are not those of its name.</exception>
    Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken);

    /// <summary>The first bytes of a blob as they are stored. They are not verified, which takes the whole blob.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="count">How many, at most: all of a shorter blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="BlobMissingException">It is not there.</exception>
    /// <exception cref="BlobCorruptException">It has another length.</exception>
    Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken);

    /// <summary>All blobs, in no order.</summary>
    IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken cancellationToken);

    /// <summary>Deletes a blob, unless it was written or made new since it was listed. Does nothing if it is not there.</summary>
    /// <returns>Whether it was deleted.</returns>
    Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken);

    /// <summary>Deletes what processes that died while writing have left behind, if the store has such things.</summary>
    /// <param name="age">Younger ones are spared: somebody may still be writing them.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>A document, or null.</summary>
    Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken);

    /// <summary>Writes a document if it still has the given version; returns the new one.</summary>
    /// <param name="path">Names with slashes between.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="ifMatch">The version that was read; null to create it.</param>
    /// <param name="cancellationToken">Cancels before the write.</param>
    /// <exception cref="ETagMismatchException">It has another version, or exists.</exception>
    Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken);

    /// <summary>Paths of all documents that begin with the prefix. What people keep beside them under other names is none.</summary>
    IAsyncEnumerable<string> ListDocumentsAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Deletes a document. Does nothing if it is not there.</summary>
    Task DeleteDocumentAsync(string path, CancellationToken cancellationToken);
}
