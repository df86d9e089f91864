namespace LisaOrleans.Cluster.Tests;

/// <summary>A run to which things are done until it is paused.</summary>
internal static class ChaosRun
{
    private const string Run = "chaos";

    /// <summary>It has the bits of the undisturbed run.</summary>
    public static async Task AssertKeepsItsBitsAsync(
        TestCluster cluster, UndisturbedRun undisturbed, ITestOutputHelper output, ChaosAction[] schedule)
    {
        await cluster.Client.SubmitAsync(UndisturbedRun.Request(Run), null, TestContext.Current.CancellationToken);
        var driver = new ChaosDriver(cluster, Run, seed: 5, output.WriteLine);
        try
        {
            Assert.True(await driver.PlayAsync(schedule), "the run was over first");
            Assert.Equal(schedule.Length, driver.Report.Actions.Values.Sum());
            await undisturbed.AssertEqualWhenPausedAsync(cluster, Run);
        }
        catch
        {
            output.WriteLine(cluster.Logs());
            await cluster.GiveUpAsync(Run, output.WriteLine);
            throw;
        }
    }
}
