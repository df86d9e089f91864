using System.Reflection;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Grains.Tests;

/// <summary>A silo that has come and cannot load what it is to: the run goes on without it.</summary>
public sealed class JoiningSilosTests
{
    // No part can be loaded on it, as it is gone.
    private const string Broken = "127.0.0.1:1@1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Begin_silo_that_cannot_load_is_not_ready_and_left_out_for_longer_each_time()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "joined" });
        var (run, time) = (Stored(parts), new FakeTimeProvider());
        await run.Take(Token);
        var joining = new JoiningSilos(run, parts.Grains, time, NullLogger.Instance);
        foreach (var pause in (int[])[10, 20, 40])
        {
            joining.Begin([Broken], On(parts, Broken), parts.Pipeline, _ => { });
            await Until.True(() => !joining.AreLoading);
            Assert.False(joining.IsReady(Broken));
            time.Advance(TimeSpan.FromSeconds(pause - 1));
            Assert.True(joining.IsLeftOut(Broken));
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.False(joining.IsLeftOut(Broken));
        }

        // One for which there is nothing to load ahead is ready when all that came with it have ended.
        joining.Begin([Broken, "127.0.0.1:2@2"], On(parts, Broken), parts.Pipeline, _ => { });
        Assert.False(joining.AreLoading ? joining.IsReady("127.0.0.1:2@2") : joining.IsReady(Broken));
        await Until.True(() => !joining.AreLoading);
        Assert.True(joining.IsReady("127.0.0.1:2@2"));
        Assert.True(joining.IsLeftOut(Broken));

        // What is let go of while others load is not ready when they have ended.
        joining.Begin(["127.0.0.1:3@3", Broken], On(parts, Broken), parts.Pipeline, _ => { });
        await new PartReleases("joined", TimeProvider.System, NullLogger.Instance).Try(() => joining.Release([]));
        Assert.False(joining.AreLoading);
        Assert.False(joining.IsReady("127.0.0.1:3@3"));
        joining.Proven([new SiloStage(Broken, parts.Plan.Parts)]);
        Assert.False(joining.IsLeftOut(Broken));
    }

    [Fact]
    public async Task Judge_silo_that_is_taken_in_and_cannot_load_is_left_out_at_once()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "taken-in" });
        var placement = Placement(parts, TimeProvider.System, out var run);
        Assert.True(await Load(placement, run, On(parts, parts.Address)));
        await FailsAsync(() => Load(placement, run, On(parts, Broken)));

        var failure = Assert.IsType<SiloFailedException>(Judge(placement, new IOException("gone"), On(parts, parts.Address)));
        Assert.Equal(FailureAction.Retry, FailurePolicy.Default.ActionFor(failure));
        Assert.Equal([parts.Address], placement.Plan().Stages.Select(s => s.Silo));
    }

    // It waits for room then, and they may be another run's meanwhile.
    [Fact]
    public async Task HoldsLost_run_with_parts_on_a_silo_that_it_may_not_use_is_true()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "lost" });
        var placement = Placement(parts, TimeProvider.System, out var run);
        Assert.True(await Load(placement, run, On(parts, parts.Address)));
        Assert.False(placement.HoldsLost);
        placement.Silos.Leave([parts.Address]);
        Assert.True(placement.HoldsLost);
    }

    [Fact]
    public async Task Judge_silo_that_never_loads_is_left_out_in_the_end_and_at_once_if_only_it_is_refused()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "never-loaded" });
        foreach (var (reason, failures) in new (Exception, int)[] { (new IOException("gone"), 3), (new StoreRefusedException("denied"), 1) })
        {
            var time = new FakeTimeProvider();
            var placement = Placement(parts, time, out var run);
            for (var i = 1; i <= failures; i++)
            {
                await FailsAsync(() => Load(placement, run, On(parts, Broken)));
                var failure = Judge(placement, reason, i == 1 ? null : On(parts, Broken));
                Assert.Equal(i == failures, failure is SiloFailedException { IsNews: true });
                if (i < failures) Assert.Same(reason, failure);
                time.Advance(TimeSpan.FromSeconds(6));
            }

            Assert.Equal([parts.Address], placement.Plan().Stages.Select(s => s.Silo));

            // A manifest that was saved with it makes it as good as new.
            time.Advance(TimeSpan.FromMinutes(1));
            Assert.False(await LeftOut(placement, run, time, reason, failures));
            time.Advance(TimeSpan.FromMinutes(1));
            placement.Saved(On(parts, Broken));
            Assert.True(await LeftOut(placement, run, time, reason, failures));
        }

        // Whether that is news.
        async Task<bool> LeftOut(RunPlacement placement, StoredRun run, FakeTimeProvider time, Exception reason, int failures)
        {
            Exception failure = reason;
            for (var i = 1; i <= failures; i++)
            {
                await FailsAsync(() => Load(placement, run, On(parts, Broken)));
                failure = Judge(placement, reason, On(parts, Broken));
                time.Advance(TimeSpan.FromSeconds(6));
            }

            return Assert.IsType<SiloFailedException>(failure).IsNews;
        }
    }

    // Plans prefer silos with room to spare; one that is left out is none of them.
    [Fact]
    public async Task Plan_silo_that_is_left_out_stays_out_where_the_others_have_little_room()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "tight" });
        var memory = Enumerable.Range(1, 1000).Select(i => i * 100_000L).First(m => IsTight(m));
        var placement = Placement(parts, TimeProvider.System, out var run, memory: memory);
        await FailsAsync(() => Load(placement, run, On(parts, Broken)));
        Assert.IsType<SiloFailedException>(Judge(placement, new StoreRefusedException("denied"), before: null));
        Assert.Equal([parts.Address], placement.Plan().Stages.Select(s => s.Silo));

        bool IsTight(long bytes)
        {
            TrainingSilo[] silos = [new TrainingSilo(parts.Address, bytes, 1) { IsMemoryFound = true }];
            return StagePlanner.Fits(parts.Plan.Config, parts.Plan.Spec, silos)
                && !StagePlanner.FitsWell(parts.Plan.Config, parts.Plan.Spec, silos);
        }
    }

    [Fact]
    public async Task Train_silo_that_is_refused_after_it_has_saved_a_manifest_is_left_out()
    {
        IBlobStore store = null!;
        await using var parts = await LoadedParts.CreateAsync(
            TinyStories.Spec(12), through: s => store = new FullStore(s, headFits: true).Resilient());
        var placement = Placement(parts, TimeProvider.System, out var run, store);
        var (session, _) = await run.Take(Token);
        await placement.Ask();
        using var generation = new RunGeneration(
            run, session, placement, new EventFeed(), On(parts, parts.Address),
            new ReplacedBlobs(store, TimeSpan.FromHours(1), TimeProvider.System, e => throw e), new RunOptions(), TimeProvider.System,
            () => null, NullLogger.Instance);
        Assert.True(await generation.Load(Token));

        var failure = await Assert.ThrowsAsync<SiloFailedException>(() => generation.Train(Token));
        Assert.IsType<StoreRefusedException>(failure.InnerException);
        Assert.True(generation.Manifests.Last.Step >= 3);
        Assert.Equal([Broken], placement.Plan().Stages.Select(s => s.Silo));
    }

    [Fact]
    public async Task LeaveOut_takes_silos_that_failed_together_back_one_by_one()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "one-by-one" });
        var time = new FakeTimeProvider();
        var joining = new JoiningSilos(Stored(parts), parts.Grains, time, NullLogger.Instance);
        var all = (string[])["a", "b", "c"];
        TrainingSilo[] silos = [.. all.Select(s => new TrainingSilo(s, 0, 1))];
        Assert.Equal("c", joining.LeastFailed(all));
        Assert.False(LeaveOut(fits: true));
        Assert.False(LeaveOut(fits: true, "a", "b", "c"));
        Assert.False(LeaveOut(fits: false, "b", "c"));
        Assert.True(LeaveOut(fits: true, "b", "c"));
        Assert.Equal("a", joining.LeastFailed(all));
        Assert.Equal([10.0, 20.0], [joining.PauseOf("b").TotalSeconds, joining.PauseOf("c").TotalSeconds]);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([false, true], [joining.IsLeftOut("b"), joining.IsLeftOut("c")]);
        Assert.False(joining.AreOnTrial([new SiloStage("a", [])]));
        Assert.True(joining.AreOnTrial([new SiloStage("a", []), new SiloStage("b", [])]));
        joining.Proven([new SiloStage("b", [])]);
        Assert.False(joining.AreOnTrial([new SiloStage("b", [])]));
        Assert.True(joining.AreOnTrial([new SiloStage("c", [])]));
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(joining.AreOnTrial([new SiloStage("c", [])]));

        // Whoever is refused by a store goes on elsewhere only where nobody else was refused since a manifest was last saved.
        Assert.False(LeaveOutUntilProven("a", "b"));
        Assert.True(LeaveOut(fits: true, "a", "b"));
        joining.Proven([new SiloStage("c", [])]);
        Assert.True(LeaveOutUntilProven("a", "b"));

        bool LeaveOut(bool fits, params string[] failed) => joining.LeaveOut(failed.ToHashSet(), silos, _ => fits, untilProven: false);

        bool LeaveOutUntilProven(params string[] failed) => joining.LeaveOut(failed.ToHashSet(), silos, _ => true, untilProven: true);
    }

    // Silos of a cluster whose queue is lost.
    private static RunPlacement Placement(LoadedParts parts, TimeProvider time, out StoredRun run, IBlobStore? store = null, long memory = 0)
    {
        var grains = DispatchProxy.Create<IGrainFactory, WithoutQueue>();
        ((WithoutQueue)grains).Inner = parts.Grains;
        run = Stored(parts, store);
        var placement = new RunPlacement(run, parts.Address, grains, new LiveSilos(parts.Address, memory), time, NullLogger.Instance);
        placement.Silos.Begin(DateTimeOffset.UnixEpoch, trains: true);
        return placement;
    }

    private static async Task<bool> Load(RunPlacement placement, StoredRun run, StagePlan stages)
    {
        using var notice = new StopNotice(TimeSpan.FromMinutes(1), TimeProvider.System);
        var (session, _) = await run.Take(Token);
        await placement.Ask();
        var (_, before) = placement.Place(stages, session.Generation);
        return await placement.Load(session, before, notice, Token);
    }

    private static Exception Judge(RunPlacement placement, Exception failure, StagePlan? before) =>
        placement.Judge(placement.Pipeline!, before, failure, ofStore: false);

    // Whatever it is that fails, it is noted where.
    private static async Task FailsAsync(Func<Task<bool>> load) =>
        Assert.False(await load().ContinueWith(t => t.IsCompletedSuccessfully, Token, TaskContinuationOptions.None, TaskScheduler.Default));

    private static StoredRun Stored(LoadedParts parts, IBlobStore? store = null) =>
        new(store ?? parts.Store, parts.Plan.Spec.RunName, cluster: null, TimeProvider.System, NullLogger.Instance);

    private static StagePlan On(LoadedParts parts, string silo) => new([new SiloStage(silo, parts.Plan.Parts)]);

    // Of the memory that they found, where it is limited.
    private sealed class LiveSilos(string address, long memory) : IClusterView
    {
        public string? ClusterId => "test";

        public IReadOnlyList<TrainingSilo> TrainingSilos() =>
            [.. ((string[])[address, Broken]).Select(s => new TrainingSilo(s, memory, 1) { IsMemoryFound = memory > 0 })];

        public IReadOnlyList<SiloMember> Members() => [];
    }

    // While the queue is lost with its silo, a run takes all silos that live.
    public class WithoutQueue : DispatchProxy
    {
        public IGrainFactory Inner { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.ReturnType == typeof(IRunQueueGrain) ? throw new IOException("gone") : targetMethod.Invoke(Inner, args);
    }
}
