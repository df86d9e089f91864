using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains.Tests;

public sealed class PartSnapshotTests
{
    // A store that does not answer may take many minutes to say so; a new generation has no use for what is on its way there.
    [Fact]
    public async Task GiveUp_ends_an_upload_that_does_not_end()
    {
        using var folder = new TempFolder();
        var store = new SilentStore(new FolderBlobStore(folder.Root));
        using var layer = Layer();
        var snapshot = Start(store, layer);
        await store.Asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(snapshot.Upload.IsCompleted);
        snapshot.GiveUp();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => snapshot.Upload);
        snapshot.GiveUp();
    }

    // A part cannot load while its snapshot's threads are busy with what nobody will name.
    [Fact]
    public async Task GiveUp_before_it_is_hashed_asks_the_store_for_nothing()
    {
        using var folder = new TempFolder();
        using var free = new ManualResetEventSlim();
        var store = new SilentStore(new FolderBlobStore(folder.Root));
        using var layer = Layer();
        var busy = Enumerable.Range(0, QuietThreads.All.MaximumConcurrencyLevel).Select(_ => QuietThreads.All.Run(() =>
        {
            free.Wait(CancellationToken.None);
            return Task.FromResult(0);
        })).ToArray();
        var snapshot = Start(store, layer);
        snapshot.GiveUp();
        free.Set();
        await Task.WhenAll(busy);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => snapshot.Upload);
        Assert.False(store.Asked.Task.IsCompleted);
    }

    private static LayerPart Layer() => new(
        TinyStories.Config, 0, PartDtypes.Parse("float32", "float32"), new AdamW(0.9, 0.999, 1e-8, 0), gradientCheckpointing: false,
        TinyStories.Config.LayerSpecs(0).ToDictionary(s => s.Name, s => zeros([.. s.Shape])));

    private static PartSnapshot Start(IBlobStore store, LayerPart layer) => PartSnapshot.Start(
        store, PartCopy.OfState(layer, 1, CPU), new PartBlobs(new BlobRef(new string('a', 64), 1), null, null), null, CancellationToken.None);

    private sealed class SilentStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        public TaskCompletionSource Asked { get; } = new();

        public override async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return false;
        }
    }
}
