using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

/// <summary>Layers that go on with their moments when they wake.</summary>
public sealed class KeptMomentsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // In float32 nothing is rounded when a layer falls asleep, so the periods leave no trace at all.
    [Theory]
    [InlineData("adamw")]
    [InlineData("adamw-8bit")]
    [InlineData("galore")]
    public async Task LisaKeepOptimizerState_same_layers_in_every_period_are_as_one_long_period(string optim)
    {
        var spec = TinyStories.Spec(6) with
        {
            LisaStrategy = "fixed",
            LisaFixedLayers = [1, 4],
            LisaIntervalSteps = 2,
            LisaKeepOptimizerState = true,
            Optim = optim,
            GaloreUpdateProjGap = optim == "galore" ? 4 : 200,
        };
        using var kept = await TestRun.TrainAsync(spec);
        using var whole = await TestRun.TrainAsync(spec with { LisaIntervalSteps = 6, LisaKeepOptimizerState = false });
        using var dropped = await TestRun.TrainAsync(spec with { LisaKeepOptimizerState = false });
        Assert.Equal(await whole.WeightsShaAsync(), await kept.WeightsShaAsync());
        Assert.NotEqual(await whole.WeightsShaAsync(), await dropped.WeightsShaAsync());
    }

    [Fact]
    public async Task Manifest_names_the_moments_of_layers_that_sleep_until_the_run_ends()
    {
        var spec = TinyStories.Spec(6) with { LisaStrategy = "round-robin", LisaIntervalSteps = 2, LisaKeepOptimizerState = true, SaveSteps = 3 };
        using var run = await TestRun.ImportAsync(spec);
        await run.ContinueAsync(pauseAt: 3);
        var parts = (await ManifestAsync(run)).Parts;

        // In the second period; layers 0 and 1 trained in the first.
        Assert.Equal(["layer-0", "layer-1"], parts.Where(p => p.Value.Parked is not null).Select(p => p.Key).Order());
        Assert.Equal(
            ["embedding", "head", "layer-2", "layer-3"], parts.Where(p => p.Value.Optimizer is not null).Select(p => p.Key).Order());
        var parked = parts["layer-0"].Parked!;
        using (var reader = SafetensorsReader.FromBlob(await run.Store.ReadAsync(parked, Token), parked.Sha256))
        {
            Assert.Equal("2", reader.Metadata["state_step"]);
            Assert.NotEmpty(reader.Tensors);
            Assert.All(reader.Tensors.Keys, name => Assert.Matches(@"^model\.layers\.0\..+\.(exp_avg|exp_avg_sq)$", name));
        }

        await run.FinishAsync();
        Assert.All((await ManifestAsync(run)).Parts.Values, p => Assert.Equal((null, null), (p.Optimizer, p.Parked)));
    }

    // Those of one layer at a time are in memory beside what they become.
    [Fact]
    public async Task Read_waits_until_other_moments_are_let_go_of()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var blob = new BytesBlob([2, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}']);
        await store.PutAsync(blob, Token);
        var moments = new ParkedMoments(Task.FromResult(new BlobRef(blob.Sha256, blob.Length)));
        var first = await moments.Read(store, Token);
        var second = moments.Read(store, Token);
        await Task.Delay(50, Token);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();

        var missing = new ParkedMoments(Task.FromResult(new BlobRef(new string('0', 64), 1)));
        await Assert.ThrowsAsync<BlobMissingException>(() => missing.Read(store, Token));
        (await moments.Read(store, Token)).Dispose();
    }

    private static async Task<Manifest> ManifestAsync(TestRun run)
    {
        var head = await RunStore.ReadHeadAsync(run.Store, "test", Token);
        return await RunStore.ReadManifestAsync(run.Store, head!.Manifest!, Token);
    }
}
