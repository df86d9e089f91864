namespace LisaOrleans.Tests;

/// <summary>
/// A <see cref="RadosGatewayServer"/> with an empty folder for a test. Where Ceph is not installed the test is skipped, which the
/// test report counts and names.
/// </summary>
internal sealed class RadosGateway : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RadosGatewayServer _server;

    private RadosGateway() => _server = new RadosGatewayServer(_folder.Root);

    public string Endpoint => _server.Endpoint;

    /// <summary>Starts it, or skips the test.</summary>
    public static async Task<RadosGateway> StartAsync()
    {
        Assert.SkipUnless(RadosGatewayServer.IsInstalled, "radosgw, ceph-mon and ceph-osd not found: run eng/test-services.sh");
        var gateway = new RadosGateway();
        try
        {
            await gateway._server.StartAsync();
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a bucket that nobody uses; its name.</summary>
    public async Task<string> CreateBucketAsync()
    {
        var name = $"test-{Guid.NewGuid():N}";
        await _server.CreateBucketAsync(name);
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }
}
