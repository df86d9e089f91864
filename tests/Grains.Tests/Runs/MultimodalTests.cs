using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

public sealed class MultimodalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OtherTensors_training_and_collection_leave_the_vision_tower_alone()
    {
        using var folder = new TempFolder();
        var tensors = MultimodalFolder.Tensors();
        MultimodalFolder.Write(folder["model"], tensors);
        var spec = TinyStories.Spec(6) with { BlockSize = 16, Dtype = "auto", LisaActivatedLayers = 1, LisaIntervalSteps = 2, SaveSteps = 2 };
        using var run = await TestRun.ImportAsync(spec, folder["model"]);
        var others = (await ManifestAsync(run)).OtherTensors!;

        var store = new WatchedStore(run.Store);
        Assert.Equal(RunState.Paused, (await run.ContinueAsync(pauseAt: 3, through: store)).State);
        Assert.Equal(RunState.Succeeded, (await run.ContinueAsync(through: store)).State);
        Assert.NotEmpty(store.Read);
        Assert.DoesNotContain(others.Sha256, store.Read);

        Assert.Equal(others, (await ManifestAsync(run)).OtherTensors);
        var report = await GarbageCollector.CollectAsync(run.Store, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.True(report.Kept > 0);
        var trained = await run.WeightsAsync();
        Assert.Equal(tensors.Select(t => t.Name).Order(StringComparer.Ordinal), trained.Keys.Order(StringComparer.Ordinal));
        foreach (var vision in tensors.Where(MultimodalFolder.IsVision)) Assert.Equal(vision.Data, trained[vision.Name]);
        Assert.Contains(tensors, t => !MultimodalFolder.IsVision(t) && !t.Data.AsSpan().SequenceEqual(trained[t.Name]));
    }

    private static async Task<Manifest> ManifestAsync(TestRun run)
    {
        var head = await RunStore.ReadHeadAsync(run.Store, "test", Token);
        return await RunStore.ReadManifestAsync(run.Store, head!.Manifest!, Token);
    }

    private sealed class WatchedStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private readonly List<string> _read = [];

        public IReadOnlyList<string> Read
        {
            get
            {
                lock (_read) return [.. _read];
            }
        }

        public override Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            lock (_read) _read.Add(blob.Sha256);
            return base.ReadAsync(blob, cancellationToken);
        }
    }
}
