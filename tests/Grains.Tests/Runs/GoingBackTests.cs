using System.Collections.Concurrent;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

/// <summary>What a run reads when it goes back to its last manifest.</summary>
public sealed class GoingBackTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunGrain_that_goes_back_reads_the_state_of_what_trains_once_and_no_weights()
    {
        // The failure shows before the fourth manifest at the latest, so before training ends and layers freeze.
        var spec = TinyStories.Spec(11) with { SaveSteps = 2, LisaIntervalSteps = 20 };
        using var run = await TestRun.ImportAsync(spec);
        var store = new BrokenCommit(run.Store);
        var seen = new List<TrainingEvent>();
        var ended = await run.ContinueAsync(through: store, seen: seen);
        Assert.True(ended.State == RunState.Succeeded, ended.Error);

        // The second manifest failed, and the parts train on in the state of the first.
        Assert.Equal(2, Assert.Single(seen.OfType<RunRecovering>()).ManifestStep);
        var parts = store.Last!.Parts.Values;
        var states = parts.Select(p => p.Optimizer?.Sha256).OfType<string>().ToArray();
        Assert.Equal(4, states.Length);
        Assert.Equal(states.Order(), store.Read.Where(states.Contains).Order());
        Assert.Empty(store.Read.Intersect(parts.Select(p => p.Weights.Sha256)));

        using var straight = await TestRun.TrainAsync(spec);
        Assert.Equal(await straight.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    /// <summary>A store that refuses a run's second manifest once, and notes which blobs are read afterwards.</summary>
    private sealed class BrokenCommit(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        // The first writes queue the run, take it, place its parts and commit the first manifest.
        private const int Broken = 5;

        private int _written;

        /// <summary>The manifest that the run goes back to.</summary>
        public Manifest? Last { get; private set; }

        public ConcurrentQueue<string> Read { get; } = [];

        public override async Task<string> PutDocumentAsync(
            string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _written) != Broken) return await base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
            Last = await RunStore.ReadManifestAsync(Inner, (await RunStore.ReadHeadAsync(Inner, "test", Token))!.Manifest!, Token);
            throw new IOException("the store breaks");
        }

        public override Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            if (Last is not null) Read.Enqueue(blob.Sha256);
            return base.ReadAsync(blob, cancellationToken);
        }
    }
}
