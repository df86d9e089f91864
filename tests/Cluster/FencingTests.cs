using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cluster.Tests;

/// <summary>A short version of bench fencing: a silo that wakes up after its declared death commits nothing.</summary>
public sealed class FencingTests(ITestOutputHelper output)
{
    private const int Tries = 2;

    [Fact]
    public async Task CommitAsync_silo_awake_again_after_its_declared_death_commits_nothing()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 3, Azurite: false));
        string[] connection = ["--cluster-id", TestCluster.Id, "--redis", $"127.0.0.1:{cluster.Redis.Port}"];
        var (code, text) = await TestCluster.LisaAsync(
            folder.Root,
            ["submit", .. connection, "--store", cluster.Store, "--run-name", "fencing", .. TrainingArguments.Sample(
                steps: 1_000_000, saveSteps: 1)]);
        Assert.True(code == 0, text);

        var trials = new FencingTrials(
            cluster, "fencing", await BlobStores.OpenAsync(cluster.Store, TestContext.Current.CancellationToken), seed: 1, output.WriteLine);
        await trials.RunAsync(Tries);

        Assert.Equal(Tries, trials.Refused + trials.Stopped);
    }
}
