using System.Text;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;

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

    private static async Task<IRunGrain> Training(EmbeddedSilo silo)
    {
        var run = silo.Grains.GetGrain<IRunGrain>("test");
        await run.Start();
        await Until.True(async () => (await run.GetStatus()).State == RunState.Running);
        return run;
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
