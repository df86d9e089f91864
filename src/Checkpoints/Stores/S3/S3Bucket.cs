using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// The objects of a bucket under a store's prefix. What fails is an <see cref="IOException"/> if it may pass, and a
/// <see cref="StoreRefusedException"/> if people have to put it right.
/// </summary>
internal sealed class S3Bucket
{
    private readonly AmazonS3Client _client;
    private readonly TimeProvider _time;
    private readonly bool _encrypted;

    // By how much the server's clock was ahead when it last answered, in ticks.
    private long _ahead;

    public S3Bucket(AmazonS3Client client, S3Location location, TimeProvider time)
    {
        (_client, Location, _time) = (client, location, time);
        var address = client.Config.ServiceURL;
        Endpoint = address?.TrimEnd('/') ?? $"S3 in {client.Config.RegionEndpoint.SystemName}";
        _encrypted = address?.StartsWith("http://", StringComparison.OrdinalIgnoreCase) != true;
        client.AfterResponseEvent += (_, e) =>
        {
            if (e is WebServiceResponseEventArgs answer && answer.ResponseHeaders.TryGetValue("Date", out var date)
                && DateTimeOffset.TryParse(date, System.Globalization.CultureInfo.InvariantCulture, out var now))
                Interlocked.Exchange(ref _ahead, (now - _time.GetUtcNow()).Ticks);
        };
    }

    public S3Location Location { get; }

    /// <summary>The server, for messages.</summary>
    public string Endpoint { get; }

    /// <summary>
    /// Whether the server wants an ETag in quotes, as HTTP has it. AWS takes it in either form, Ceph takes it without only, and
    /// others with them only. Default false.
    /// </summary>
    public bool QuotesETags { get; set; }

    /// <summary>The time by the server's clock.</summary>
    public DateTimeOffset Now => _time.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ahead));

    /// <summary>Reads an object, or some bytes of it; null if nothing has the key. The caller disposes of the answer.</summary>
    /// <param name="key">The key.</param>
    /// <param name="range">Which bytes; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<GetObjectResponse?> GetAsync(string key, ByteRange? range, CancellationToken cancellationToken) => Call(
        async token =>
        {
            try
            {
                var request = new GetObjectRequest { BucketName = Location.Bucket, Key = Key(key), ByteRange = range };
                return await _client.GetObjectAsync(request, token).ConfigureAwait(false);
            }
            catch (AmazonServiceException e) when (S3Failures.IsMissing(e))
            {
                return null;
            }
        }, cancellationToken);

    /// <summary>Writes an object.</summary>
    /// <param name="key">The key.</param>
    /// <param name="content">Its bytes; seekable, and still the caller's.</param>
    /// <param name="md5">Their MD5, in base64.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task PutAsync(string key, Stream content, string md5, CancellationToken cancellationToken) =>
        Call(token => _client.PutObjectAsync(Request(key, content, md5), token), cancellationToken);

    /// <summary>Writes an empty object.</summary>
    public Task MarkAsync(string key, CancellationToken cancellationToken) => PutAsync(key, Stream.Null, Md5.Of([]), cancellationToken);

    /// <summary>Writes an object if it still has the given version.</summary>
    /// <param name="key">The key.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="ifMatch">The ETag that it has; null to create it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Its new ETag; null if it has another version, or exists.</returns>
    public Task<string?> SwapAsync(string key, byte[] content, string? ifMatch, CancellationToken cancellationToken) => Call(
        async token =>
        {
            using var stream = new MemoryStream(content);
            var request = Request(key, stream, Md5.Of(content));
            if (ifMatch is null) request.IfNoneMatch = "*";
            else request.IfMatch = QuotesETags ? $"\"{ifMatch.Trim('"')}\"" : ifMatch.Trim('"');
            try
            {
                return (await _client.PutObjectAsync(request, token).ConfigureAwait(false)).ETag;
            }
            catch (AmazonServiceException e) when (S3Failures.IsConflict(e))
            {
                return null;
            }
        }, cancellationToken);

    /// <summary>Deletes an object. Does nothing if it is not there.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        Call(token => PageLimit.AskAsync(t => _client.DeleteObjectAsync(Location.Bucket, Key(key), t), _time, token), cancellationToken);

    /// <summary>All objects whose keys begin with a prefix.</summary>
    public async IAsyncEnumerable<S3Entry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = Location.Bucket, Prefix = Key(prefix) };
        do
        {
            var page = await Call(
                token => PageLimit.AskAsync(t => _client.ListObjectsV2Async(request, t), _time, token), cancellationToken).ConfigureAwait(false);
            foreach (var item in page.S3Objects ?? [])
            {
                yield return new S3Entry(
                    item.Key[Location.Prefix.Length..], item.Size ?? 0,
                    item.LastModified is { } time ? new DateTimeOffset(time.ToUniversalTime()) : DateTimeOffset.MaxValue);
            }

            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    /// <summary>Writes a large object.</summary>
    /// <param name="key">The key.</param>
    /// <param name="content">Its bytes, read from where the stream stands; still the caller's.</param>
    /// <param name="length">How many they are.</param>
    /// <param name="partBytes">Bytes of a request.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<bool> UploadAsync(string key, Stream content, long length, int partBytes, CancellationToken cancellationToken) => Call(
        async token =>
        {
            await Parts(key).UploadAsync(content, length, partBytes, _encrypted, token).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    /// <summary>Copies an object, on the server; false if it is not there.</summary>
    /// <param name="from">Its key.</param>
    /// <param name="to">The copy's.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<bool> CopyAsync(string from, string to, long length, CancellationToken cancellationToken) => Call(
        async token =>
        {
            try
            {
                if (length == 0) await MarkAsync(to, token).ConfigureAwait(false);
                else await Parts(to).CopyAsync(Key(from), length, token).ConfigureAwait(false);
                return true;
            }
            catch (AmazonServiceException e) when (S3Failures.IsMissing(e))
            {
                return false;
            }
        }, cancellationToken);

    /// <summary>Forgets the parts of uploads that were begun before a time and never finished.</summary>
    public Task<bool> AbortUploadsAsync(DateTimeOffset before, CancellationToken cancellationToken) => Call(
        async token =>
        {
            var request = new ListMultipartUploadsRequest { BucketName = Location.Bucket, Prefix = Key(S3BlobEntries.Prefix) };
            ListMultipartUploadsResponse page;
            do
            {
                page = await PageLimit.AskAsync(t => _client.ListMultipartUploadsAsync(request, t), _time, token).ConfigureAwait(false);
                foreach (var upload in page.MultipartUploads ?? [])
                {
                    if (upload.Initiated?.ToUniversalTime() < before.UtcDateTime) await AbortAsync(upload, token).ConfigureAwait(false);
                }

                (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
            }
            while (page.IsTruncated == true);

            return true;
        }, cancellationToken);

    private Task<AbortMultipartUploadResponse> AbortAsync(MultipartUpload upload, CancellationToken cancellationToken) => PageLimit.AskAsync(
        t => _client.AbortMultipartUploadAsync(Location.Bucket, upload.Key, upload.UploadId, t), _time, cancellationToken);

    private PutObjectRequest Request(string key, Stream content, string md5) => new()
    {
        BucketName = Location.Bucket,
        Key = Key(key),
        InputStream = content,
        AutoCloseStream = false,
        MD5Digest = md5,
        UseChunkEncoding = false,
        DisablePayloadSigning = _encrypted,
    };

    private S3Parts Parts(string key) => new(_client, Location.Bucket, Key(key));

    private string Key(string key) => Location.Prefix + key;

    // Every request goes through here, so that callers see no errors of the SDK.
    private async Task<T> Call<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (S3Failures.Translate(e, Location, Endpoint, cancellationToken.IsCancellationRequested) is { } told)
        {
            throw told;
        }
    }
}
