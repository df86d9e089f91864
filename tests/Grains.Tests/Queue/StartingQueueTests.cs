using System.Runtime.CompilerServices;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Grains.Tests;

/// <summary>A queue that begins after the one before it was lost.</summary>
public sealed class StartingQueueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ask_queue_that_starts_over_a_slow_store_waits_for_the_runs_that_trained()
    {
        using var trained = await TestRun.ImportAsync(TinyStories.Spec(2) with { RunName = "trained" });
        await RunStore.AcquireAsync(trained.Store, "trained", new RunClaim(RunHeadStates.Running, "test"), Token);
        var time = new FakeTimeProvider();
        var store = new SlowList(trained.Store, time);
        var queue = new RunQueueGrain(store, new OneSilo(), reach: null!, time, NullLogger<RunQueueGrain>.Instance);
        var demand = new RunDemand
        {
            Spec = TinyStories.Spec(2) with { RunName = "new", Priority = 5 },
            ConfigJson = await File.ReadAllTextAsync(Path.Combine(TinyStories.Model, "config.json"), Token),
            Since = time.GetUtcNow(),
        };
        await queue.OnActivateAsync(Token);
        Assert.Equal((1, "the queue is only just starting"), await AskAsync());
        store.GoOn.SetResult();
        await Until.True(() => store.IsListed);
        Assert.Equal((1, "the queue is only just starting"), await AskAsync());
        await Until.True(async () =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return await AskAsync() == (0, null);
        });

        async Task<(int, string?)> AskAsync()
        {
            var share = await queue.Ask(demand);
            return (share.Position, share.Reason);
        }
    }

    // It does not know yet of the other run, which has the other half.
    [Fact]
    public async Task Ask_queue_that_has_just_started_leaves_a_run_the_part_of_a_silo_that_it_has()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder["store"]);
        foreach (var run in (string[])["a", "b"]) await RunStore.AcquireAsync(store, run, new RunClaim(RunHeadStates.Running, "test"), Token);
        var queue = new RunQueueGrain(store, new OneSilo(), reach: null!, TimeProvider.System, NullLogger<RunQueueGrain>.Instance);
        await queue.OnActivateAsync(Token);
        var share = await queue.Ask(new RunDemand
        {
            Spec = TinyStories.Spec(1) with { RunName = "a" },
            ConfigJson = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples", "tiny-stories", "config.json"), Token),
            Since = DateTimeOffset.UnixEpoch,
            Trains = true,
            Share = [new SiloDescription("s0", OneSilo.Memory / 2, 1)],
        });
        Assert.Equal(OneSilo.Memory / 2, Assert.Single(share.Silos).MemoryBytes);
    }

    private sealed class OneSilo : IClusterView
    {
        public const long Memory = 8_000_000_000;

        public string? ClusterId => "test";

        public IReadOnlyList<TrainingSilo> TrainingSilos() => [new TrainingSilo("s0", Memory, 1)];

        public IReadOnlyList<SiloMember> Members() => [];
    }

    /// <summary>A list of documents takes six seconds of the clock.</summary>
    private sealed class SlowList(IBlobStore inner, FakeTimeProvider time) : DelegatingBlobStore(inner)
    {
        private volatile bool _listed;

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsListed => _listed;

        public override async IAsyncEnumerable<string> ListDocumentsAsync(
            string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await GoOn.Task;
            await foreach (var path in base.ListDocumentsAsync(prefix, cancellationToken)) yield return path;
            time.Advance(TimeSpan.FromSeconds(6));
            _listed = true;
        }
    }
}
