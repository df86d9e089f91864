using LisaOrleans.Client;

namespace LisaOrleans.Cluster.Tests;

/// <summary>What the program says of runs that have come to their end, which stay as they are.</summary>
[Collection(nameof(LivingSilos))]
public sealed class EndedRunTests(ClusterFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private LisaClient Client => fixture.Cluster.Client;

    [Fact]
    public async Task Commands_of_a_run_that_is_complete_are_refused_and_say_so()
    {
        var run = "complete-" + new string('x', 90);
        await Client.SubmitAsync(SampleRun.Request(run, steps: 2), null, Token);
        await foreach (var _ in Client.WatchAsync(run, null, Token))
        {
        }

        await Refuses("pause", run, $"run '{run}' is complete (2 steps), so it cannot be paused");
        await Refuses("cancel", run, $"run '{run}' is complete (2 steps), so it cannot be cancelled");
        await Refuses("resume", run, $"run '{run}' is complete (2 steps), so it cannot be resumed");
        Assert.Equal(RunState.Succeeded, (await Client.GetAsync(run, Token)).State);

        // A program that reads the list is to find the name on one line, however long it is.
        var (code, list) = await TestCluster.LisaAsync(fixture.Cluster.Folder, ["list", .. fixture.Cluster.Connection]);
        Assert.True(code == 0, list);
        Assert.Contains(list.Split('\n'), l => l.Contains(run, StringComparison.Ordinal) && l.Contains("succeeded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Commands_of_a_run_that_was_cancelled_do_not_wake_it()
    {
        await Client.SubmitAsync(SampleRun.Request("unwanted", steps: 100_000), null, Token);
        await Client.PauseAsync("unwanted", Token);
        await Says("pause", "unwanted paused");
        await Client.CancelAsync("unwanted", Token);
        await Says("cancel", "unwanted cancelled");
        var step = (await Client.GetAsync("unwanted", Token)).Step;
        await Refuses(
            "resume", "unwanted",
            $"run 'unwanted' was cancelled after step {step}, so it cannot be resumed; lisa fork makes a run that goes on from there");
        await Refuses("pause", "unwanted", $"run 'unwanted' was cancelled after step {step}");
        var woken = await Assert.ThrowsAsync<RunEndedException>(() => Client.ResumeAsync("unwanted", Token));
        Assert.Equal(("unwanted", RunState.Cancelled), (woken.Run, woken.State));
        await Assert.ThrowsAsync<RunEndedException>(() => Client.SubmitAsync(SampleRun.Request("unwanted", steps: 100_000), null, Token));
        Assert.Equal(RunState.Cancelled, (await Client.GetAsync("unwanted", Token)).State);

        async Task Says(string command, string line) =>
            Assert.Equal((0, line), await LisaAsync(command, "unwanted"));
    }

    private async Task Refuses(string command, string run, string says)
    {
        var (code, output) = await LisaAsync(command, run);
        Assert.True(code == 2, output);
        Assert.Contains(says, output, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output)> LisaAsync(string command, string run)
    {
        var (code, output) = await TestCluster.LisaAsync(fixture.Cluster.Folder, [command, run, .. fixture.Cluster.Connection]);
        return (code, output.Trim());
    }
}
