namespace LisaOrleans.Cluster.Tests;

/// <summary>A short version of bench chaos: real processes, real kills, and the bits of an undisturbed run.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const string Run = "chaos";

    // More than pass while all of it is done to the run, on a machine however fast.
    private const int Steps = 100_000;

    [Fact]
    public async Task Run_with_its_blobs_in_a_folder_keeps_the_bits_of_an_undisturbed_one() => await RunAsync(
        azurite: false,
        [
            ChaosAction.Kill, ChaosAction.Leave, ChaosAction.Freeze, ChaosAction.KillInRecovery, ChaosAction.Preempt,
            ChaosAction.RestartRedis, ChaosAction.LoseAll,
        ]);

    [Fact]
    public async Task Run_with_its_blobs_in_azurite_keeps_the_bits_of_an_undisturbed_one() => await RunAsync(
        azurite: true,
        [ChaosAction.BlobFaults, ChaosAction.Kill, ChaosAction.RestartAzurite, ChaosAction.Join, ChaosAction.BlobFaults, ChaosAction.Kill]);

    private async Task RunAsync(bool azurite, ChaosAction[] schedule)
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        Assert.SkipWhen(azurite && AzuriteServer.Program is null, "azurite-blob is not on PATH");
        using var folder = new TempFolder();
        await using var cluster = await TestCluster.StartAsync(folder.Root, new ClusterSettings(Silos: 3, azurite));
        await TestCluster.SucceedsAsync(
            folder.Root, ["submit", .. cluster.Connection, "--store", cluster.Store, "--run-name", Run, .. Training(Steps)]);

        var driver = new ChaosDriver(cluster, Run, seed: 5, output.WriteLine);
        try
        {
            Assert.True(await driver.PlayAsync(schedule), "the run was over first");
            await TestCluster.SucceedsAsync(folder.Root, ["pause", Run, .. cluster.Connection]);
        }
        catch
        {
            output.WriteLine(cluster.Logs());
            throw;
        }

        Assert.Equal(schedule.Length, driver.Report.Actions.Values.Sum());

        var paused = (await driver.StatusAsync())!;
        Assert.Equal((RunState.Paused, paused.Step), (paused.State, paused.ManifestStep));
        await TestCluster.SucceedsAsync(folder.Root, "export", Run, "--store", cluster.Store, "--output", folder["disturbed"]);
        await TestCluster.SucceedsAsync(folder.Root, ["train", .. Training((int)paused.Step), "--output", folder["undisturbed"]]);
        Assert.Empty(RunFiles.Differences(folder["undisturbed"], folder["disturbed"]));
    }

    private static string[] Training(int steps) => [.. TrainingArguments.Sample(steps), "--lr-scheduler-type", "constant", "--warmup-steps", "0"];
}
