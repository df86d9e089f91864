using LisaOrleans.Client;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Cluster.Tests;

/// <summary>What a client can do with a real cluster.</summary>
[Collection(nameof(LivingSilos))]
public sealed class ClientTests(ClusterFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private LisaClient Client => fixture.Cluster.Client;

    [Fact]
    public async Task WatchAsync_run_paused_resumed_and_cancelled_says_so()
    {
        await Client.SubmitAsync(SampleRun.Request("control", steps: 100_000), null, Token);
        var seen = new List<TrainingEvent>();
        await foreach (var happened in Client.WatchAsync("control", new WatchOptions { EndWhenPaused = true }, Token))
        {
            seen.Add(happened);
            if (happened is StepCompleted { Record.Step: 3 }) await Client.PauseAsync("control", Token);
        }

        Assert.Equal(RunState.Paused, Assert.IsType<RunEnded>(seen[^1]).State);
        Assert.Equal(RunState.Paused, (await Client.GetAsync("control", Token)).State);
        Assert.Contains(await Client.ListAsync(Token), r => r is { Run: "control", State: RunState.Paused });

        // A watch that goes on from there waits for the run to go on, and ends only with its end.
        var (resumed, cancelled) = (Client.ResumeAsync("control", Token), Task.CompletedTask);
        await foreach (var happened in Client.WatchAsync("control", new WatchOptions { After = seen[^1].Position }, Token))
        {
            Assert.Equal(seen[^1].Position.Step + seen[^1].Position.Entry + 1, happened.Position.Step + happened.Position.Entry);
            if (happened is StepCompleted && cancelled == Task.CompletedTask) cancelled = Client.CancelAsync("control", Token);
            seen.Add(happened);
        }

        await resumed;
        await cancelled;
        Assert.Equal([RunState.Paused, RunState.Cancelled], seen.OfType<RunEnded>().Select(e => e.State));
        var steps = seen.OfType<StepCompleted>().Select(s => s.Record.Step).ToArray();
        Assert.Equal(Enumerable.Range(1, steps.Length).Select(i => (long)i), steps);
    }

    [Fact]
    public async Task DownloadModelAsync_gives_the_bytes_that_the_program_exports()
    {
        using var folder = new TempFolder();
        await Client.SubmitAsync(SampleRun.Request("model", steps: 12), null, Token);
        await foreach (var _ in Client.WatchAsync("model", null, Token))
        {
        }

        Assert.Equal(12, await Client.DownloadModelAsync("model", folder["client"], Token));
        var (code, text) = await TestCluster.LisaAsync(
            folder.Root, ["export", "model", "--store", fixture.Cluster.Store, "--output", folder["program"]]);
        Assert.True(code == 0, text);
        foreach (var file in Directory.GetFiles(folder["client"]))
            Assert.Equal(
                await File.ReadAllBytesAsync(folder[Path.Combine("program", Path.GetFileName(file))], Token),
                await File.ReadAllBytesAsync(file, Token));
        Assert.Contains(folder["client/model.safetensors"], Directory.GetFiles(folder["client"]));

        // The same again is the same run; something else under its name is not.
        Assert.True((await Client.SubmitAsync(SampleRun.Request("model", steps: 12), null, Token)).Completed);
        await Assert.ThrowsAsync<RunExistsException>(() => Client.SubmitAsync(SampleRun.Request("model", steps: 13), null, Token));
    }

    [Fact]
    public async Task ForkAsync_fork_that_takes_long_is_not_asked_for_twice()
    {
        await Client.SubmitAsync(SampleRun.Request("forked", steps: 1), null, Token);
        await foreach (var _ in Client.WatchAsync("forked", null, Token))
        {
        }

        // To this client, connecting takes seconds, and so does the call.
        var time = new FakeTimeProvider();
        await using var client = new LisaClient(fixture.Cluster.ClientOptions, null, time);
        var forking = client.ForkAsync("forked", "fork", cancellationToken: Token);
        await Until.True(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return forking.IsCompleted;
        });
        Assert.True((await forking).IsNew);
        Assert.False((await Client.ForkAsync("forked", "fork", cancellationToken: Token)).IsNew);
    }

    [Fact]
    public async Task LisaClient_errors_have_types()
    {
        await Assert.ThrowsAsync<RunNotFoundException>(() => Client.GetAsync("none", Token));
        await Assert.ThrowsAsync<RunNotFoundException>(() => Client.PauseAsync("none", Token));
        await Assert.ThrowsAsync<RunNotFoundException>(() => Client.DownloadModelAsync("none", "never", Token));
        await Assert.ThrowsAsync<RunNotFoundException>(async () =>
        {
            await foreach (var _ in Client.WatchAsync("none", null, Token)) Assert.Fail("there is nothing to watch");
        });
        var request = SampleRun.Request("wrong", steps: 5);
        var error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => Client.SubmitAsync(request with { Spec = request.Spec with { LisaActivatedLayers = 99 } }, null, Token));
        Assert.Equal("lisa_activated_layers", error.Setting);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.SubmitAsync(request, null, cancelled.Token));
        await Assert.ThrowsAsync<RunNotFoundException>(() => Client.GetAsync("wrong", Token));
    }

    [Fact]
    public async Task WatchAsync_many_watchers_of_several_runs_all_hear_everything()
    {
        const int Steps = 20;
        string[] runs = ["watched-0", "watched-1"];
        foreach (var run in runs) await Client.SubmitAsync(SampleRun.Request(run, Steps), null, Token);
        var clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => LisaClient.ConnectAsync(fixture.Cluster.ClientOptions, Token)));
        try
        {
            var watches = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => WatchAsync(clients[i % clients.Length], runs[i % runs.Length])));
            foreach (var events in watches) EventOrder.AssertWhole(events, Steps);
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }

        static async Task<List<TrainingEvent>> WatchAsync(LisaClient client, string run)
        {
            var events = new List<TrainingEvent>();
            await foreach (var happened in client.WatchAsync(run, null, Token)) events.Add(happened);
            return events;
        }
    }
}
