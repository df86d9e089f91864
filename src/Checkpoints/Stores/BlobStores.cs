using System.Globalization;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace LisaOrleans.Checkpoints;

/// <summary>Opens the store that a setting names: a folder, a bucket of S3, or a container of Azure Blob Storage.</summary>
public static class BlobStores
{
    /// <summary>The container that a connection string means.</summary>
    public const string DefaultContainer = "lisa";

    /// <summary>Opens a store and, in Azure, creates its container if it does not exist.</summary>
    /// <param name="location">
    /// A folder, <c>s3://BUCKET/PREFIX</c>, a connection string, or a container's URL (with a signature, or with DefaultAzureCredential).
    /// </param>
    /// <param name="cancellationToken">Cancels the first contact.</param>
    /// <exception cref="StoreLocationException">The location is wrong, or nothing answers there.</exception>
    public static Task<IBlobStore> OpenAsync(string location, CancellationToken cancellationToken) =>
        OpenAsync(location, new S3Options(), cancellationToken);

    /// <summary>The same, where a bucket may be on a server other than AWS.</summary>
    /// <param name="location">As above.</param>
    /// <param name="s3">Where the server of an <c>s3://</c> store is.</param>
    /// <param name="cancellationToken">Cancels the first contact.</param>
    /// <exception cref="StoreLocationException">The location is wrong, or nothing answers there.</exception>
    public static async Task<IBlobStore> OpenAsync(string location, S3Options s3, CancellationToken cancellationToken)
    {
        if (StoreLocation.IsFolder(location))
        {
            var folder = new ResilientBlobStore(OpenFolder(location), new ResilienceOptions { Retries = 3 }, TimeProvider.System);
            await StoreFormat.ReadAsync(folder, cancellationToken).ConfigureAwait(false);
            return folder;
        }

        return StoreLocation.IsS3(location)
            ? await OpenS3Async(S3Location.Parse(location), s3, cancellationToken).ConfigureAwait(false)
            : await OpenAzureAsync(location, new ResilienceOptions(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a container of Azure.</summary>
    internal static async Task<IBlobStore> OpenAzureAsync(string location, ResilienceOptions options, CancellationToken cancellationToken)
    {
        var container = Container(location);
        var azure = new AzureBlobStore(container);
        var store = new ResilientBlobStore(azure, options, TimeProvider.System);
        using var contact = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var patience = 2 * options.TryTimeout;
        contact.CancelAfter(patience);
        try
        {
            await azure.CreateIfNotExistsAsync(contact.Token).ConfigureAwait(false);
            await StoreFormat.ReadAsync(store, cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreLocationException(string.Create(
                CultureInfo.InvariantCulture,
                $"{azure.Location}: nothing answers there within {patience.TotalSeconds} s; check the account's name and the network"));
        }
        catch (IOException e) when (e.InnerException is { } cause && (e is StoreRefusedException || cause is AuthenticationFailedException))
        {
            throw new StoreLocationException(AzureFailures.Explain(cause, location, container.Uri, TimeProvider.System.GetUtcNow()));
        }
        catch (Exception e) when (e is Azure.RequestFailedException or AuthenticationFailedException or AggregateException)
        {
            throw new StoreLocationException(AzureFailures.Explain(e, location, container.Uri, TimeProvider.System.GetUtcNow()));
        }
    }

    private static async Task<IBlobStore> OpenS3Async(S3Location location, S3Options options, CancellationToken cancellationToken)
    {
        var bucket = new S3BlobStore(S3Clients.Create(options), location, TimeProvider.System);
        var store = new ResilientBlobStore(bucket, new ResilienceOptions(), TimeProvider.System);
        try
        {
            await bucket.CheckAsync(cancellationToken).ConfigureAwait(false);
            await StoreFormat.ReadAsync(store, cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch (IOException e)
        {
            throw new StoreLocationException(SecretMask.Apply(e.Message));
        }
    }

    private static FolderBlobStore OpenFolder(string location)
    {
        try
        {
            return new FolderBlobStore(location);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StoreLocationException(
                FileIn(location) is { } file
                    ? $"{location} cannot be a store: {file} is a file, not a folder"
                    : StoreRefusal.Find(e, location)?.Message ?? $"{location} cannot be used as a store: {e.Message}");
        }
    }

    // What of a path is a file already.
    private static string? FileIn(string location)
    {
        var path = location.Contains('\0', StringComparison.Ordinal) ? null : Path.GetFullPath(location);
        while (path is not null && !File.Exists(path)) path = Path.GetDirectoryName(path);
        return path;
    }

    // The message of a wrong connection string must not repeat it: it holds the account's key.
    private static BlobContainerClient Container(string location)
    {
        // ResilientBlobStore retries, and gives each try as long as its blob needs: the client's own limit would be one for a whole upload.
        var options = new BlobClientOptions
        {
            Retry = { MaxRetries = 0, NetworkTimeout = Timeout.InfiniteTimeSpan },
            Diagnostics = { IsLoggingContentEnabled = false },
        };
        try
        {
            return AzureLocation.Open(
                location,
                connection => new BlobContainerClient(connection, DefaultContainer, options),
                signed => new BlobContainerClient(Container(signed), options),
                (address, identity) => new BlobContainerClient(Encrypted(Container(address)), identity, options));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new StoreLocationException("the store is neither a folder, nor a valid connection string, nor a container's URL");
        }
    }

    // An identity's token is sent over nothing else.
    private static Uri Encrypted(Uri address) => address.Scheme == Uri.UriSchemeHttps
        ? address
        : throw new StoreLocationException($"{address.GetLeftPart(UriPartial.Path)} must begin with https://, or have a signature");

    private static Uri Container(Uri address) => address.AbsolutePath.Trim('/').Length > 0
        ? address
        : throw new StoreLocationException($"{address.GetLeftPart(UriPartial.Path)} must end with a container's name");
}
