using LisaOrleans.Client;

namespace LisaOrleans.Cluster.Tests;

/// <summary>A cluster whose store is a bucket of S3.</summary>
public sealed class S3StoreTests(UndisturbedRun undisturbed)
{
    private const string Run = "bucket";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_on_a_bucket_survives_its_owners_death_with_equal_bits()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        await using var gateway = await RadosGateway.StartAsync();
        using var folder = new TempFolder();
        var store = $"s3://{await gateway.CreateBucketAsync()}/runs";
        var variables = new Dictionary<string, string>(RadosGatewayServer.Credentials()) { ["AWS_ENDPOINT_URL_S3"] = gateway.Endpoint };
        await using var cluster = await TestCluster.StartAsync(
            folder.Root, new ClusterSettings(Silos: 2, Azurite: false, Environment: variables, Store: store));
        await Lisa(["submit", .. cluster.Connection, "--store", store, "--run-name", Run, .. UndisturbedRun.Arguments]);
        var status = await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 2 && s.Step > 5);

        var owner = await cluster.SiloOfRunAsync(Run);
        await owner.KillAsync();
        await RunProgress.UntilAsync(cluster, Run, s => s.Stages.Count == 1 && s.Step > status.Step);

        await Lisa(["pause", Run, .. cluster.Connection, "--store", store]);
        var seen = new List<TrainingEvent>();
        await foreach (var happened in cluster.Client.WatchAsync(Run, new WatchOptions { EndWhenPaused = true }, Token)) seen.Add(happened);
        Assert.Equal(RunState.Paused, Assert.IsType<RunEnded>(seen[^1]).State);
        await Lisa(["export", Run, "--store", store, "--s3-endpoint", gateway.Endpoint, "--output", folder["cluster"]]);
        await undisturbed.AssertEqualAsync([.. seen.OfType<StepCompleted>().Select(s => s.Record)], folder["cluster"]);
        Assert.DoesNotContain(RadosGatewayServer.SecretKey, cluster.Logs(lines: 10_000), StringComparison.Ordinal);

        async Task Lisa(string[] arguments)
        {
            var (code, output) = await TestCluster.LisaAsync(folder.Root, variables, arguments);
            Assert.True(code == 0, output);
        }
    }
}
