namespace LisaOrleans.Cluster.Tests;

/// <summary>A short version of bench chaos: real processes, real kills, and the bits of an undisturbed run.</summary>
public sealed class ChaosTests(UndisturbedRun undisturbed, ITestOutputHelper output) : IClassFixture<UndisturbedRun>
{
    [Fact]
    public async Task Run_with_its_blobs_in_a_folder_ends_as_undisturbed() => await RunAsync(
        azurite: false,
        [
            ChaosAction.Kill, ChaosAction.Leave, ChaosAction.Freeze, ChaosAction.KillInRecovery, ChaosAction.Preempt,
            ChaosAction.RestartRedis, ChaosAction.LoseAll,
        ]);

    [Fact]
    public async Task Run_with_its_blobs_in_azurite_ends_as_undisturbed() => await RunAsync(
        azurite: true,
        [ChaosAction.BlobFaults, ChaosAction.Kill, ChaosAction.RestartAzurite, ChaosAction.Join, ChaosAction.BlobFaults, ChaosAction.Kill]);

    private async Task RunAsync(bool azurite, ChaosAction[] schedule)
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        Assert.SkipWhen(azurite && AzuriteServer.Program is null, "azurite-blob is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 3, azurite));
        string[] connection = ["--cluster-id", TestCluster.Id, "--redis", $"127.0.0.1:{cluster.Redis.Port}"];
        var (code, text) = await TestCluster.LisaAsync(
            folder.Root, ["submit", .. connection, "--store", cluster.Store, "--run-name", "chaos", .. UndisturbedRun.Training]);
        Assert.True(code == 0, text);
        Assert.Equal("chaos", text.TrimEnd().Split('\n')[^1]);

        var driver = new ChaosDriver(cluster, "chaos", seed: 5, output.WriteLine);
        try
        {
            await driver.PlayAsync(schedule);
            var end = await driver.EndAsync();
            Assert.Equal(RunState.Succeeded, end.State);
        }
        catch
        {
            output.WriteLine(cluster.Logs());
            throw;
        }

        Assert.Equal(schedule.Length, driver.Report.Actions.Values.Sum());

        (code, text) = await TestCluster.LisaAsync(folder.Root, ["export", "chaos", "--store", cluster.Store, "--output", folder["disturbed"]]);
        Assert.True(code == 0, text);
        Assert.Empty(RunFiles.Differences(undisturbed.Output, folder["disturbed"]));
    }
}
