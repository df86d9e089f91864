using System.Reflection;
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
        joining.Placed([new SiloStage(Broken, parts.Plan.Parts)]);
        Assert.False(joining.IsLeftOut(Broken));
    }

    [Fact]
    public async Task Load_that_fails_on_a_silo_that_is_taken_in_is_repeated_without_it()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "taken-in" });
        var grains = DispatchProxy.Create<IGrainFactory, WithoutQueue>();
        ((WithoutQueue)grains).Inner = parts.Grains;
        var run = Stored(parts);
        var placement = new RunPlacement(run, parts.Address, grains, new LiveSilos(parts.Address), TimeProvider.System, NullLogger.Instance);
        placement.Silos.Begin(DateTimeOffset.UnixEpoch, trains: true);
        Assert.True(await Load(On(parts, parts.Address)));

        var failure = await Assert.ThrowsAsync<JoinerFailedException>(() => Load(On(parts, Broken)));
        Assert.Equal(FailureAction.Retry, FailurePolicy.Default.ActionFor(failure));
        Assert.Equal([parts.Address], placement.Plan().Stages.Select(s => s.Silo));

        async Task<bool> Load(StagePlan stages)
        {
            using var notice = new StopNotice(TimeSpan.FromMinutes(1), TimeProvider.System);
            var (session, _) = await run.Take(Token);
            await placement.Ask();
            var (_, before) = placement.Place(stages, session.Generation);
            return await placement.Load(session, before, notice, Token);
        }
    }

    private static StoredRun Stored(LoadedParts parts) =>
        new(parts.Store, parts.Plan.Spec.RunName, cluster: null, TimeProvider.System, NullLogger.Instance);

    private static StagePlan On(LoadedParts parts, string silo) => new([new SiloStage(silo, parts.Plan.Parts)]);

    private sealed class LiveSilos(string address) : IClusterView
    {
        public string? ClusterId => "test";

        public IReadOnlyList<TrainingSilo> TrainingSilos() => [new TrainingSilo(address, 0, 1), new TrainingSilo(Broken, 0, 1)];

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
