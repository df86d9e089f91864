namespace LisaOrleans.Cluster.Tests;

/// <summary>Two silos for the tests of a class that kill none.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private TestCluster? _cluster;

    internal TestCluster Cluster
    {
        get
        {
            Assert.SkipWhen(_cluster is null, "redis-server is not on PATH");
            return _cluster!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        // Nobody dies here, so none is to be taken for dead on a busy machine.
        if (Executables.Redis is not null)
        {
            _cluster = await TestCluster.StartAsync(
                _folder.Root, new ClusterSettings(Silos: 2, Azurite: false, Options: ["--probe-timeout-seconds", "20"]));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        _folder.Dispose();
    }
}
