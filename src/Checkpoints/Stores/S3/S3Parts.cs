using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Writes an object in parts: a large one has to be, and several requests at a time are faster than one. The object is there whole
/// or not at all; of a failure nothing stays, and what a process leaves that dies, <see cref="IBlobStore.DeleteUnfinishedAsync"/> deletes.
/// </summary>
/// <param name="client">The bucket's client.</param>
/// <param name="bucket">The bucket's name.</param>
/// <param name="key">The whole key.</param>
internal sealed class S3Parts(AmazonS3Client client, string bucket, string key)
{
    private const int MostParts = 10_000;
    private const int Requests = 4;
    private static readonly TimeSpan s_abort = TimeSpan.FromSeconds(5);

    /// <value>How many bytes a request copies. Default 1 GiB.</value>
    internal long CopiedBytes { get; init; } = 1L << 30;

    /// <summary>Writes it. A few parts are in memory at a time.</summary>
    /// <param name="content">Its bytes, read from where the stream stands.</param>
    /// <param name="length">How many they are; above 0.</param>
    /// <param name="partBytes">Bytes of a part; more where there would be too many parts.</param>
    /// <param name="encrypted">Whether the connection is, so that bytes need no signature.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task UploadAsync(Stream content, long length, int partBytes, bool encrypted, CancellationToken cancellationToken)
    {
        partBytes = checked((int)Math.Max(partBytes, (length + MostParts - 1) / MostParts));
        return WriteAsync(ReadAsync(content, length, partBytes, cancellationToken), async (upload, part, token) =>
        {
            using var stream = new MemoryStream(part.Bytes);
            var request = new UploadPartRequest
            {
                BucketName = bucket,
                Key = key,
                UploadId = upload,
                PartNumber = part.Number,
                InputStream = stream,
                PartSize = part.Bytes.Length,
                MD5Digest = Md5.Of(part.Bytes),
                UseChunkEncoding = false,
                DisablePayloadSigning = encrypted,
            };
            return new PartETag(part.Number, (await client.UploadPartAsync(request, token).ConfigureAwait(false)).ETag);
        }, cancellationToken);
    }

    /// <summary>Makes it a copy of another object of the bucket, on the server.</summary>
    /// <param name="source">The whole key of the other.</param>
    /// <param name="length">Its bytes; above 0.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task CopyAsync(string source, long length, CancellationToken cancellationToken)
    {
        var parts = AsyncEnumerable.Range(0, checked((int)((length + CopiedBytes - 1) / CopiedBytes)));
        return WriteAsync(parts, async (upload, part, token) =>
        {
            var request = new CopyPartRequest
            {
                SourceBucket = bucket,
                SourceKey = source,
                DestinationBucket = bucket,
                DestinationKey = key,
                UploadId = upload,
                PartNumber = part + 1,
                FirstByte = part * CopiedBytes,
                LastByte = Math.Min(length, (part + 1) * CopiedBytes) - 1,
            };
            return new PartETag(part + 1, (await client.CopyPartAsync(request, token).ConfigureAwait(false)).ETag);
        }, cancellationToken);
    }

    private static async IAsyncEnumerable<(int Number, byte[] Bytes)> ReadAsync(
        Stream content, long length, int partBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var (number, at) = (1, 0L); at < length; number++, at += partBytes)
        {
            var bytes = new byte[Math.Min(partBytes, length - at)];
            await content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            yield return (number, bytes);
        }
    }

    private async Task WriteAsync<T>(
        IAsyncEnumerable<T> parts, Func<string, T, CancellationToken, Task<PartETag>> write, CancellationToken cancellationToken)
    {
        var upload = await BeginAsync(cancellationToken).ConfigureAwait(false);
        var written = new ConcurrentBag<PartETag>();
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = Requests, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(parts, options, async (part, token) =>
            {
                written.Add(await write(upload, part, token).ConfigureAwait(false));
            }).ConfigureAwait(false);
        }
        catch
        {
            await AbortAsync(upload).ConfigureAwait(false);
            throw;
        }

        // If this fails, the server may still be putting the parts together: they are not taken away from it.
        await CompleteAsync(upload, written, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> BeginAsync(CancellationToken cancellationToken) =>
        (await client.InitiateMultipartUploadAsync(bucket, key, cancellationToken).ConfigureAwait(false)).UploadId;

    private Task CompleteAsync(string upload, IEnumerable<PartETag> parts, CancellationToken cancellationToken)
    {
        var request = new CompleteMultipartUploadRequest
        {
            BucketName = bucket,
            Key = key,
            UploadId = upload,
            PartETags = [.. parts.OrderBy(p => p.PartNumber)],
        };
        return client.CompleteMultipartUploadAsync(request, cancellationToken);
    }

    // Parts cost money until they are deleted, and each try of an upload makes its own.
    private async Task AbortAsync(string upload)
    {
        using var limit = new CancellationTokenSource(s_abort);
        try
        {
            await client.AbortMultipartUploadAsync(bucket, key, upload, limit.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // What failed before says more; a collection deletes them in a day.
        }
    }
}
