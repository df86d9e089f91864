using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training.Tests;

/// <summary>What other processes do while an import reads and stores its files.</summary>
public sealed class MeanwhileTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ImportAsync_run_that_came_into_being_meanwhile_is_resumed()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        var request = TinyStories.Request(TinyStories.Spec(5));
        var calls = 0;

        var outcome = await RunImporter.ImportAsync(store, request, null, Token, new ImportOptions
        {
            BeforeWriting = async token =>
            {
                calls++;
                Assert.False((await RunImporter.ImportAsync(store, request, null, token)).Resumed);
            },
        });

        Assert.Equal((true, 0, 1), (outcome.Resumed, outcome.ManifestStep, calls));
    }

    [Fact]
    public async Task ImportAsync_run_that_came_into_being_meanwhile_with_other_settings_is_refused()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);

        var error = await Assert.ThrowsAsync<RunExistsException>(() => RunImporter.ImportAsync(
            store, TinyStories.Request(TinyStories.Spec(5)), null, Token, new ImportOptions
            {
                BeforeWriting = token => RunImporter.ImportAsync(store, TinyStories.Request(TinyStories.Spec(6)), null, token),
            }));

        Assert.Equal(["max_steps: was 6, now 5"], error.Differences);
    }

    [Theory]
    [InlineData(false, TinyStories.Layers + 2)]
    [InlineData(true, (2 * TinyStories.Layers) + 2)]
    public async Task ImportAsync_blobs_that_a_run_of_the_same_model_deletes_meanwhile_are_stored_again(bool lora, int blobs)
    {
        using var folder = new TempFolder();
        var store = new CollectedStore(folder.Root, blobs);
        var spec = lora ? TinyStories.LoraSpec(5) : TinyStories.Spec(5);

        await RunImporter.ImportAsync(store, TinyStories.Request(spec), null, Token);

        Assert.Equal(2 * blobs, store.Deleted);
        var (manifest, _) = await RunManifests.ReadAsync(store, ManifestAddress.Last(spec.RunName), Token);
        foreach (var blob in manifest.References()) (await store.ReadAsync(blob, Token)).Dispose();
    }

    /// <summary>A store in which so many blobs of weights are collected, six minutes old, once they are all there; and once more.</summary>
    private sealed class CollectedStore(string folder, int blobs) : DelegatingBlobStore(new FolderBlobStore(folder))
    {
        private readonly HashSet<string> _written = [];
        private int _collections;

        public int Deleted { get; private set; }

        public override async Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken)
        {
            var isNew = await base.PutAsync(blob, cancellationToken);
            if (blob is not SafetensorsBlob || !_written.Add(blob.Sha256) || _written.Count < blobs || _collections++ >= 2) return isNew;
            foreach (var name in _written)
                File.SetLastWriteTimeUtc(Path.Combine(folder, "blobs", name[..2], name), DateTime.UtcNow.AddMinutes(-6));
            var collected = await GarbageCollector.CollectAsync(Inner, _written, TimeSpan.FromMinutes(5), TimeProvider.System, cancellationToken);
            Deleted += collected.Deleted;
            _written.Clear();
            return isNew;
        }
    }
}
