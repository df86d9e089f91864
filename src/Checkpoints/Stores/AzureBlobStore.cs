using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// A store in a container of Azure Blob Storage: <c>blobs/ab/abcd…</c>, written once under If-None-Match, and documents that are
/// swapped under If-Match. It tries everything once; <see cref="ResilientBlobStore"/> retries.
/// </summary>
/// <param name="container">A container that exists, or that <see cref="CreateIfNotExistsAsync"/> creates.</param>
public sealed class AzureBlobStore(BlobContainerClient container) : IBlobStore
{
    // Up to this size, one Put Blob: two writers that stage blocks of one blob at the same time can spoil each other's.
    private const long LargestPut = 5000L << 20;

    private static readonly TimeSpan s_young = TimeSpan.FromMinutes(1);

    /// <summary>The address without any signature.</summary>
    public string Location => container.Uri.GetLeftPart(UriPartial.Path);

    /// <value>The clock. Default the system's.</value>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Creates the container if it does not exist.</summary>
    public async Task CreateIfNotExistsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status == 403)
        {
            // A container's signature may neither create the container nor ask whether it exists. Reading tells.
            await GetDocumentAsync("probe", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(string sha256, CancellationToken cancellationToken) =>
        await Blob(sha256).ExistsAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<bool> RenewAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        var client = Blob(blob.Sha256);
        var found = await FindAsync(client, cancellationToken).ConfigureAwait(false);
        if (found?.Value.ContentLength != blob.Length) return false;
        var now = found.GetRawResponse().Headers.Date ?? DateTimeOffset.MaxValue;
        return now - found.Value.LastModified < s_young || await TouchAsync(client, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
    {
        var client = Blob(blob.Sha256);
        var conditions = new BlobRequestConditions { IfNoneMatch = ETag.All };
        var found = await FindAsync(client, cancellationToken).ConfigureAwait(false);
        if (found?.Value.ContentLength == blob.Length)
        {
            if (await TouchAsync(client, cancellationToken).ConfigureAwait(false)) return false;
        }
        else if (found is not null)
        {
            // Something else is in its place, which no reader accepts.
            conditions = new BlobRequestConditions { IfMatch = found.Value.ETag };
        }

        using var content = blob.OpenRead();
        var options = new BlobUploadOptions
        {
            Conditions = conditions,
            TransferOptions = new StorageTransferOptions { InitialTransferSize = LargestPut, MaximumConcurrency = 4 },

            // Bytes that change on the way are refused, instead of staying there until somebody reads them.
            TransferValidation = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 },
        };
        try
        {
            await client.UploadAsync(content, options, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException e) when (IsConflict(e))
        {
            // The service says that somebody else was quicker. A manifest may only name what has been seen to be there.
            found = await FindAsync(client, cancellationToken).ConfigureAwait(false);
            if (found?.Value.ContentLength == blob.Length) return false;
            throw new IOException($"{Location}: blob {blob.Sha256} was not taken ({e.Status} {e.ErrorCode}), and is not there", e);
        }
    }

    /// <inheritdoc/>
    public async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        using var download = await DownloadAsync(blob, cancellationToken).ConfigureAwait(false);
        var content = BlobContent.Allocate(blob.Length);
        try
        {
            if (await content.FillAsync(download.Content, cancellationToken).ConfigureAwait(false) && content.ComputeSha256() == blob.Sha256)
                return content;
            throw new BlobCorruptException(blob.Sha256, Location);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]> ReadStartAsync(BlobRef blob, int count, CancellationToken cancellationToken)
    {
        using var download = await DownloadAsync(blob, cancellationToken).ConfigureAwait(false);
        var start = new byte[Math.Min(count, blob.Length)];
        await download.Content.ReadExactlyAsync(start, cancellationToken).ConfigureAwait(false);
        return start;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in AzurePages.ListAsync(container, "blobs/", Time, cancellationToken).ConfigureAwait(false))
        {
            var name = item.Name[(item.Name.LastIndexOf('/') + 1)..];
            if (BlobRef.IsName(name))
            {
                yield return new StoredBlob(
                    name, item.Properties.ContentLength ?? 0, item.Properties.LastModified ?? DateTimeOffset.MaxValue,
                    item.Properties.ETag?.ToString("H") ?? "");
            }
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(StoredBlob blob, CancellationToken cancellationToken)
    {
        try
        {
            var conditions = new BlobRequestConditions { IfMatch = new ETag(blob.Version) };
            return await Blob(blob.Sha256).DeleteIfExistsAsync(conditions: conditions, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var read = (await Document(path).DownloadContentAsync(cancellationToken).ConfigureAwait(false)).Value;
            return new StoreDocument(read.Content.ToArray(), read.Details.ETag.ToString());
        }
        catch (RequestFailedException e) when (e.Status == 404 && e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<string> PutDocumentAsync(string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            Conditions = ifMatch is null
                ? new BlobRequestConditions { IfNoneMatch = ETag.All }
                : new BlobRequestConditions { IfMatch = new ETag(ifMatch) },
        };
        try
        {
            var info = await Document(path).UploadAsync(BinaryData.FromBytes(content), options, cancellationToken).ConfigureAwait(false);
            return info.Value.ETag.ToString();
        }
        catch (RequestFailedException e) when (IsConflict(e))
        {
            throw new ETagMismatchException(path);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListDocumentsAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in AzurePages.ListAsync(container, prefix, Time, cancellationToken).ConfigureAwait(false))
            if (!item.Name.StartsWith("blobs/", StringComparison.Ordinal) && DocumentPath.IsOne(item.Name)) yield return item.Name;
    }

    /// <summary>Nothing to do: blocks that were never committed are forgotten by the service after a week.</summary>
    public Task DeleteUnfinishedAsync(TimeSpan age, DateTimeOffset now, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task DeleteDocumentAsync(string path, CancellationToken cancellationToken) =>
        Document(path).DeleteIfExistsAsync(cancellationToken: cancellationToken);

    private static async Task<Response<BlobProperties>?> FindAsync(BlobClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    // Garbage collection spares what is new, and this is about to be referred to. It may also just have deleted it.
    private static async Task<bool> TouchAsync(BlobClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.SetMetadataAsync(new Dictionary<string, string>(), cancellationToken: cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return false;
        }
    }

    // The service answers a failed condition with one or the other.
    private static bool IsConflict(RequestFailedException e) =>
        e.Status == 412 || (e.Status == 409 && e.ErrorCode == BlobErrorCode.BlobAlreadyExists);

    private async Task<BlobDownloadStreamingResult> DownloadAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        try
        {
            var download = (await Blob(blob.Sha256).DownloadStreamingAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
            if (download.Details.ContentLength == blob.Length) return download;
            download.Dispose();
            throw new BlobCorruptException(blob.Sha256, Location);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            throw new BlobMissingException(blob.Sha256, Location);
        }
    }

    private BlobClient Blob(string sha256) => BlobRef.IsName(sha256)
        ? container.GetBlobClient($"blobs/{sha256[..2]}/{sha256}")
        : throw new ArgumentException($"'{sha256}' is not a blob name", nameof(sha256));

    private BlobClient Document(string path) => container.GetBlobClient(string.Join('/', DocumentPath.Split(path)));
}
