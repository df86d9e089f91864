using Amazon.Runtime;
using Amazon.S3;
using LisaOrleans.Checkpoints.Tests;

[assembly: AssemblyFixture(typeof(RadosFixture))]

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>One server of S3 for all tests of this project, started when the first one asks for it.</summary>
public sealed class RadosFixture : IAsyncDisposable
{
    private readonly Lazy<Task<RadosGateway>> _gateway = new(RadosGateway.StartAsync);
    private readonly Lazy<Task<string>> _bucket;

    public RadosFixture() => _bucket = new(async () => await (await _gateway.Value).CreateBucketAsync());

    /// <summary>The server's endpoint, and a folder that nobody uses in a bucket; or the test is skipped.</summary>
    internal async Task<(string Endpoint, S3Location Location)> RequireAsync() =>
        ((await _gateway.Value).Endpoint, new S3Location(await _bucket.Value, $"test-{Guid.NewGuid():N}/"));

    internal static S3BlobStore Open(string endpoint, S3Location location, HttpFaults? faults = null) =>
        new(Client(endpoint, faults), location, TimeProvider.System) { PartBytes = 5 << 20 };

    internal static AmazonS3Client Client(string endpoint, HttpFaults? faults = null) => S3Clients.Create(
        new S3Options { Endpoint = endpoint }, new BasicAWSCredentials(RadosGatewayServer.AccessKey, RadosGatewayServer.SecretKey), faults);

    public async ValueTask DisposeAsync()
    {
        if (_gateway.IsValueCreated && _gateway.Value.IsCompletedSuccessfully) await (await _gateway.Value).DisposeAsync();
    }
}
