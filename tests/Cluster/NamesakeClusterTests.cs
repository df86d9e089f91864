namespace LisaOrleans.Cluster.Tests;

/// <summary>
/// Two clusters of one id on one store, each with a Redis of its own: a run stays with the one that trains it. When the other gets it after
/// its death is RunLeaseTests'.
/// </summary>
[Collection(nameof(LivingSilos))]
public sealed class NamesakeClusterTests(ClusterFixture fixture)
{
    private const string Run = "wanted";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resume_run_that_another_cluster_of_the_same_id_trains_is_left_alone()
    {
        var first = fixture.Cluster;
        using var folder = new TempFolder();
        await using var second = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 1, Azurite: false, Store: first.Store));
        await first.Client.SubmitAsync(SampleRun.Request(Run, steps: 100_000), null, Token);
        var before = await RunProgress.UntilAsync(first, Run, s => s.Step > 0);
        await Until.True(() => File.Exists(Path.Combine(first.Store, "runs", Run, "lease.json")));

        // As the second cluster does within a minute.
        await second.Run(Run).Resume([]);
        var said = $"run '{Run}' is being trained by another cluster '{TestCluster.Id}' (host '{Environment.MachineName}')";
        Assert.Contains(second.Warnings(), w => w.Contains(said, StringComparison.Ordinal));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => second.Client.PauseAsync(Run, Token));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        var after = await RunProgress.UntilAsync(first, Run, s => s.Step > before.Step);
        Assert.Equal((before.Generation, 0), (after.Generation, after.Recoveries));
        await first.Client.CancelAsync(Run, Token);
    }
}
