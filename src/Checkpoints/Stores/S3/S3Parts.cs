using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Writes an object in parts: a large one has to be, and several requests at a time are faster than one. The object is there whole
/// or not at all; what a failure leaves, <see cref="IBlobStore.DeleteUnfinishedAsync"/> deletes.
/// </summary>
/// <param name="client">The bucket's client.</param>
/// <param name="bucket">The bucket's name.</param>
/// <param name="key">The whole key.</param>
internal sealed class S3Parts(AmazonS3Client client, string bucket, string key)
{
    private const int MostParts = 10_000;
    private const int Requests = 4;
    private const long CopiedBytes = 1L << 30;

    /// <summary>Writes it. A few parts are in memory at a time.</summary>
    /// <param name="content">Its bytes, read from where the stream stands.</param>
    /// <param name="length">How many they are; above 0.</param>
    /// <param name="partBytes">Bytes of a part; more where there would be too many parts.</param>
    /// <param name="encrypted">Whether the connection is, so that bytes need no signature.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task UploadAsync(Stream content, long length, int partBytes, bool encrypted, CancellationToken cancellationToken)
    {
        var upload = await BeginAsync(cancellationToken).ConfigureAwait(false);
        var parts = new ConcurrentBag<PartETag>();
        partBytes = checked((int)Math.Max(partBytes, (length + MostParts - 1) / MostParts));
        var options = new ParallelOptions { MaxDegreeOfParallelism = Requests, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(ReadAsync(content, length, partBytes, cancellationToken), options, async (part, token) =>
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
            parts.Add(new PartETag(part.Number, (await client.UploadPartAsync(request, token).ConfigureAwait(false)).ETag));
        }).ConfigureAwait(false);
        await CompleteAsync(upload, parts, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes it a copy of another object of the bucket, on the server.</summary>
    /// <param name="source">The whole key of the other.</param>
    /// <param name="length">Its bytes; above 0.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task CopyAsync(string source, long length, CancellationToken cancellationToken)
    {
        var upload = await BeginAsync(cancellationToken).ConfigureAwait(false);
        var parts = new List<PartETag>();
        for (var (number, at) = (1, 0L); at < length; number++, at += CopiedBytes)
        {
            var request = new CopyPartRequest
            {
                SourceBucket = bucket,
                SourceKey = source,
                DestinationBucket = bucket,
                DestinationKey = key,
                UploadId = upload,
                PartNumber = number,
                FirstByte = at,
                LastByte = Math.Min(length, at + CopiedBytes) - 1,
            };
            parts.Add(new PartETag(number, (await client.CopyPartAsync(request, cancellationToken).ConfigureAwait(false)).ETag));
        }

        await CompleteAsync(upload, parts, cancellationToken).ConfigureAwait(false);
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
}
