using System.Text;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LisaOrleans.Grains.Tests;

/// <summary>What a user asks of a run is what comes of it, whatever the store does meanwhile.</summary>
public sealed class StoppedRunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cancel_while_a_pause_is_stored_cancels()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        var store = new StoreOfEnds(run.Store);
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store }, Token);
        var grain = await Training(silo);
        var pause = grain.Pause();
        await store.Asked.Task.WaitAsync(Token);
        var cancel = grain.Cancel();
        await grain.GetStatus();
        store.Answer.SetResult();
        await Task.WhenAll(pause, cancel);
        Assert.Equal(RunState.Cancelled, (await grain.GetStatus()).State);
        Assert.Equal(RunHeadStates.Cancelled, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
    }

    [Fact]
    public async Task Resume_of_a_pause_that_the_store_refused_stores_it_and_trains_nothing()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        var store = new StoreOfEnds(run.Store);
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store }, Token);
        var grain = await Training(silo);
        store.Answer.SetException(new IOException("away"));
        Assert.Contains("away", (await Assert.ThrowsAsync<IOException>(grain.Pause)).Message, StringComparison.Ordinal);
        Assert.Equal(RunHeadStates.Running, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);

        store.Heal();
        await grain.Resume([]);
        Assert.Equal(RunState.Paused, (await grain.GetStatus()).State);
        Assert.Equal(RunHeadStates.Paused, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
    }

    // A run that is known here has its lease renewed, so that nobody else may train it.
    [Fact]
    public async Task Start_that_fails_leaves_no_run_that_is_worked_on()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        var store = new StoreOfHeads(run.Store);
        using var silo = new HostBuilder()
            .UseOrleans(s => s.UseLocalhostClustering(Ports.Free(), gatewayPort: 0).AddLisaSilo(store, transport: null)).Build();
        await silo.StartAsync(Token);
        var (grain, runs) = (
            silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IRunGrain>("test"), silo.Services.GetRequiredService<LocalRuns>());
        store.IsAway = true;
        await Assert.ThrowsAsync<IOException>(grain.Start);
        Assert.Empty(runs.Names);
        store.IsAway = false;
        await grain.Start();
        await Until.True(async () => (await grain.GetStatus()).State == RunState.Succeeded);
        Assert.Empty(runs.Names);
        await silo.StopAsync(Token);
    }

    private static async Task<IRunGrain> Training(EmbeddedSilo silo)
    {
        var run = silo.Grains.GetGrain<IRunGrain>("test");
        await run.Start();
        await Until.True(async () => (await run.GetStatus()).State == RunState.Running);
        return run;
    }

    private sealed class StoreOfHeads(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private volatile bool _isAway;

        public bool IsAway { set => _isAway = value; }

        public override Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) =>
            _isAway ? throw new IOException("away") : base.GetDocumentAsync(path, cancellationToken);
    }

    /// <summary>Takes a head that says that its run is paused only after an answer.</summary>
    private sealed class StoreOfEnds(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private volatile bool _healed;

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Heal() => _healed = true;

        public override async Task<string> PutDocumentAsync(
            string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
        {
            if (!_healed && Encoding.UTF8.GetString(content.Span).Contains($"\"{RunHeadStates.Paused}\"", StringComparison.Ordinal))
            {
                Asked.TrySetResult();
                await Answer.Task;
            }

            return await base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
        }
    }
}
