namespace LisaOrleans.Cluster.Tests;

/// <summary>Two silos for tests that kill none.</summary>
public class ClusterFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly ClusterSettings _settings;
    private TestCluster? _cluster;

    // Nobody dies here, so none is to be taken for dead on a busy machine.
    public ClusterFixture()
        : this(new ClusterSettings(Silos: 2, Azurite: false, Options: ["--probe-timeout-seconds", "20"]))
    {
    }

    private protected ClusterFixture(ClusterSettings settings) => _settings = settings;

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
        if (Executables.Redis is not null) _cluster = await TestCluster.StartAsync(_folder.Root, _settings);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
