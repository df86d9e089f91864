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
}
