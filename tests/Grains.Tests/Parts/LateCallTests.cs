using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

/// <summary>Calls that arrive when the part has gone on.</summary>
public sealed class LateCallTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // A call waits for its address where a silo that knew it has died. A part in a form of its own stores its weights when it falls asleep.
    [Fact]
    public async Task CompleteSnapshot_after_the_part_fell_asleep_gives_the_state_of_its_step()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "late", FrozenWeights = "int8" });
        var layer = parts.Part(PartName.Layer(2));
        await layer.Train(1, PartTraining.Whole, Token);
        Assert.NotNull(await layer.BeginSnapshot(1, step: 1, Token));
        await layer.Train(1, PartTraining.Frozen, Token);

        var state = await layer.CompleteSnapshot(1, step: 1, Token);
        Assert.NotNull(state.Optimizer);
        await Assert.ThrowsAsync<InvalidOperationException>(() => layer.CompleteSnapshot(1, step: 2, Token));

        // What was stored without a manifest that asked for it is the next one's.
        Assert.NotNull(await layer.BeginSnapshot(1, step: 2, Token));
        Assert.Null((await layer.CompleteSnapshot(1, step: 2, Token)).Optimizer);
        Assert.Null(await layer.BeginSnapshot(1, step: 3, Token));
    }

    // The run has moved it away, and at once back here; what it lets go of waits for an upload meanwhile.
    [Fact]
    public async Task Load_while_the_part_is_let_go_of_keeps_it()
    {
        HeldUploads? store = null;
        await using var parts = await LoadedParts.CreateAsync(
            TinyStories.Spec(3) with { RunName = "back" }, through: inner => store = new HeldUploads(inner));
        var layer = parts.Part(PartName.Layer(2));
        await layer.Train(1, PartTraining.Whole, Token);
        store!.Begin();
        await layer.BeginSnapshot(1, step: 1, Token);
        await store.Uploading.Task.WaitAsync(Token);

        var unload = layer.Unload(2);
        await Until.True(() => IsStale(layer.CompleteSnapshot(1, step: 2, Token)));
        var load = parts.LoadAsync(generation: 3);
        await Until.True(() => IsStale(layer.CompleteSnapshot(2, step: 2, Token)));
        store.GoOn.SetResult();
        await Task.WhenAll(unload, load);
        Assert.NotEqual(0, (await layer.GetMemory()).Weights);
        await layer.Train(3, PartTraining.Whole, Token);
        Assert.NotNull(await layer.BeginSnapshot(3, step: 1, Token));
        Assert.NotNull((await layer.CompleteSnapshot(3, step: 1, Token)).Optimizer);
    }

    private static async Task<bool> IsStale(Task call)
    {
        try
        {
            await call;
            return false;
        }
        catch (Exception e)
        {
            return e is StaleGenerationCallException;
        }
    }

    private sealed class HeldUploads(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private volatile bool _begun;

        public TaskCompletionSource Uploading { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Begin() => _begun = true;

        public override async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
        {
            if (_begun)
            {
                Uploading.TrySetResult();
                await GoOn.Task;
            }

            return await base.PutAsync(blob, cancellationToken);
        }
    }
}
