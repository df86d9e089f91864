using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training.Tests;

/// <summary>A history of many manifests in a store that takes its time for each of them.</summary>
public sealed class KeptHistoryTests : IDisposable
{
    private const int Count = 60;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ReadAsync_manifests_are_read_side_by_side_and_each_once()
    {
        var store = new FolderBlobStore(_folder["store"]);
        var session = await RunStore.AcquireAsync(store, "run", new RunClaim(RunHeadStates.Queued), Token);
        var (shared, kept) = (await PutAsync("shared"), new List<KeptManifest>());
        for (var step = 0; step < Count; step++)
        {
            // Every second one goes back to a layer that the one before it does not have.
            var manifest = new Manifest
            {
                Run = "run",
                Generation = session.Generation,
                Step = step,
                Spec = shared,
                Parts = new Dictionary<string, PartState>
                {
                    ["embedding"] = new() { Weights = await PutAsync($"weights of step {step}") },
                    ["layer-0"] = new() { Weights = await PutAsync($"layer {step % 2}") },
                },
                Files = new Dictionary<string, BlobRef>(),
                Log = [],
            };
            await session.CommitAsync(manifest, Token);
            kept.Add(new KeptManifest(step, session.Head.Manifest!, 1, DateTimeOffset.UnixEpoch));
        }

        await session.CommitAsync(session.Manifest!, null, await KeptManifests.WriteAsync(store, null, [], kept, Token), Token);
        var slow = new SlowStore(store, [.. kept.Select(k => k.Manifest.Sha256)]);
        var history = await KeptHistory.ReadAsync(slow, "run", Token);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (long)i), history.Select(s => s.Step));
        Assert.Equal(kept.Select(k => k.Manifest), history.Select(s => s.Manifest));
        Assert.Equal("weights of step 7".Length + kept[7].Manifest.Length, history[7].NewBytes);
        Assert.Equal("sharedlayer 1".Length + history[7].NewBytes, history[7].Bytes);
        Assert.True(history[^1].IsLast);
        Assert.Equal(history, await KeptHistory.ReadAsync(slow, "run", Token));
        Assert.Equal(Count, slow.Reads);

        async Task<BlobRef> PutAsync(string content)
        {
            var blob = new BytesBlob(System.Text.Encoding.UTF8.GetBytes(content));
            await store.PutAsync(blob, Token);
            return new BlobRef(blob.Sha256, blob.Length);
        }
    }

    // Answers the first manifest only when eight are asked for.
    private sealed class SlowStore(IBlobStore inner, HashSet<string> manifests) : DelegatingBlobStore(inner)
    {
        private readonly TaskCompletionSource _eight = new();
        private int _reads;

        public int Reads => _reads;

        public override async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            if (!manifests.Contains(blob.Sha256)) return await base.ReadAsync(blob, cancellationToken);
            if (Interlocked.Increment(ref _reads) == 8) _eight.SetResult();
            await _eight.Task.WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);
            return await base.ReadAsync(blob, cancellationToken);
        }
    }
}
