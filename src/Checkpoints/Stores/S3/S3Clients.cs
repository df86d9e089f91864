using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace LisaOrleans.Checkpoints;

/// <summary>Makes the clients of S3 that stores use.</summary>
internal static class S3Clients
{
    private const string DefaultRegion = "us-east-1";

    // Those that every tool of AWS reads, the nearest first.
    private static readonly string[] s_endpoints = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
    private static readonly string[] s_regions = ["AWS_REGION", "AWS_DEFAULT_REGION"];

    /// <summary>Makes one. Nothing is asked of the server yet.</summary>
    /// <param name="options">Where the server is.</param>
    /// <param name="credentials">The keys; null for those of the environment, a profile or the machine's role.</param>
    /// <param name="http">What its requests go through; null for nothing of the caller's.</param>
    /// <exception cref="StoreLocationException">There is no such endpoint or region, or no region at all.</exception>
    public static AmazonS3Client Create(S3Options options, AWSCredentials? credentials = null, HttpMessageHandler? http = null)
    {
        // ResilientBlobStore retries. Checksums that only newer servers know are not sent; each upload carries an MD5, which all check.
        var config = new AmazonS3Config
        {
            MaxErrorRetry = 0,
            Timeout = TimeSpan.FromMinutes(10),
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        config.HttpClientFactory = new S3Http(http);
        var region = options.Region ?? FromEnvironment(s_regions);
        try
        {
            if ((options.Endpoint ?? FromEnvironment(s_endpoints) ?? config.ServiceURL) is { } endpoint)
            {
                config.ServiceURL = Checked(endpoint);
                config.ForcePathStyle = true;
                config.AuthenticationRegion = region ?? DefaultRegion;
            }
            else if (region is not null) config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
            else if (config.RegionEndpoint is null)
            {
                throw new StoreLocationException(
                    "an s3:// store needs a region, or the endpoint of a server other than AWS: give either, or set AWS_REGION");
            }

            return credentials is null ? new AmazonS3Client(config) : new AmazonS3Client(credentials, config);
        }
        catch (Exception e) when (e is AmazonClientException or ArgumentException)
        {
            throw new StoreLocationException($"the settings of AWS cannot be used: {SecretMask.Apply(e.Message.ReplaceLineEndings(" "))}");
        }
    }

    private static string? FromEnvironment(string[] names) =>
        names.Select(Environment.GetEnvironmentVariable).FirstOrDefault(v => !string.IsNullOrEmpty(v));

    // The message does not repeat it: it may hold a key.
    private static string Checked(string endpoint) =>
        StoreLocation.IsUrl(endpoint) && Uri.TryCreate(endpoint, UriKind.Absolute, out var address)
            && (address.UserInfo + address.Query + address.Fragment).Length == 0
            ? endpoint
            : throw new StoreLocationException("the endpoint of an s3:// store must be http://HOST:PORT or https://HOST:PORT, without keys");
}
