namespace LisaOrleans.Cluster.Tests;

/// <summary>A run to which things are done until it is paused.</summary>
internal static class ChaosRun
{
    private const string Run = "chaos";

    // More than pass while all of it is done to the run, on a machine however fast.
    private const int Steps = 100_000;

    /// <summary>It has the bits of the undisturbed run.</summary>
    public static async Task AssertKeepsItsBitsAsync(
        TestCluster cluster, UndisturbedRun undisturbed, ITestOutputHelper output, ChaosAction[] schedule)
    {
        using var folder = new TempFolder();
        await TestCluster.SucceedsAsync(
            folder.Root, ["submit", .. cluster.Connection, "--store", cluster.Store, "--run-name", Run, .. UndisturbedRun.Training(Steps)]);

        var driver = new ChaosDriver(cluster, Run, seed: 5, output.WriteLine);
        try
        {
            Assert.True(await driver.PlayAsync(schedule), "the run was over first");
            await TestCluster.SucceedsAsync(folder.Root, ["pause", Run, .. cluster.Connection]);
        }
        catch
        {
            output.WriteLine(cluster.Logs());
            await cluster.GiveUpAsync(Run, output.WriteLine);
            throw;
        }

        Assert.Equal(schedule.Length, driver.Report.Actions.Values.Sum());

        var paused = (await driver.StatusAsync())!;
        Assert.Equal((RunState.Paused, paused.Step), (paused.State, paused.ManifestStep));
        await TestCluster.SucceedsAsync(folder.Root, "export", Run, "--store", cluster.Store, "--output", folder["disturbed"]);
        await undisturbed.ExportAsync(paused.Step, folder["undisturbed"]);
        Assert.Empty(RunFiles.Differences(folder["undisturbed"], folder["disturbed"]));
    }
}
