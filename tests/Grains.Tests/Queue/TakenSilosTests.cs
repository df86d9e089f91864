using System.Reflection;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Grains.Tests;

/// <summary>The queue gives the silos of a run that it does not hear of to others.</summary>
public sealed class TakenSilosTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_that_loads_for_long_goes_on_asking_for_its_silos()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        var (store, asked) = (await HeldStore.OfLayerAsync(run, 2), 0);
        using var silo = new HostBuilder().UseOrleans(s => s.UseLocalhostClustering(Ports.Free(), gatewayPort: 0).AddLisaSilo(store, transport: null)
            .AddIncomingGrainCallFilter(call =>
            {
                if (call.InterfaceMethod.Name == nameof(IRunQueueGrain.Ask)) Interlocked.Increment(ref asked);
                return call.Invoke();
            })).Build();
        await silo.StartAsync(Token);
        var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IRunGrain>("test");
        await grain.Start();
        await store.Asked.WaitAsync(Token);
        var before = Volatile.Read(ref asked);
        await Until.True(() => Volatile.Read(ref asked) > before);
        await grain.Pause();
        await silo.StopAsync(Token);
    }

    [Fact]
    public async Task Run_that_has_lost_its_silos_waits_in_its_head_too_until_it_has_some()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        using var silo = new HostBuilder().UseOrleans(s => s.UseLocalhostClustering(Ports.Free(), gatewayPort: 0)
            .AddLisaSilo(run.Store, transport: null)
            .ConfigureServices(services => services.AddSingleton<IClusterView, SiloThatGoes>())).Build();
        await silo.StartAsync(Token);
        var view = (SiloThatGoes)silo.Services.GetRequiredService<IClusterView>();
        var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IRunGrain>("test");
        await grain.Start();
        foreach (var isThere in (bool[])[true, false, true, false])
        {
            view.IsThere = isThere;
            await Until.True(async () => (await HeadAsync()).State == (isThere ? RunHeadStates.Running : RunHeadStates.Waiting));
            await Until.True(async () => (await grain.GetStatus()).State == (isThere ? RunState.Running : RunState.Starting));
            Assert.Equal(isThere ? null : $"waiting: {new QueuedException().Message}", (await grain.GetStatus()).Error);
        }

        // It takes no silo that it has to leave.
        var before = await HeadAsync();
        await grain.HandOver();
        var after = await HeadAsync();
        Assert.Equal((RunHeadStates.Waiting, before.Generation, 0), (after.State, after.Generation, after.Recoveries));
        await silo.StopAsync(Token);

        async Task<RunHead> HeadAsync() => (await RunStore.ReadHeadAsync(run.Store, "test", Token))!;
    }

    [Fact]
    public async Task ShouldMove_run_whose_silos_were_given_to_another_is_true_and_one_whose_queue_is_silent_false()
    {
        using var imported = await TestRun.ImportAsync(TinyStories.Spec(2));
        var (time, grains) = (new FakeTimeProvider(), DispatchProxy.Create<IGrainFactory, OneQueue>());
        var run = new StoredRun(imported.Store, "test", cluster: null, time, NullLogger.Instance);
        await run.ReadPlan(Token);
        var placement = new RunPlacement(run, "s0", grains, new OneSilo(), time, NullLogger.Instance);
        placement.Silos.Begin(time.GetUtcNow(), trains: true);
        var queue = new RunQueueGrain(imported.Store, new OneSilo(), reach: null!, time, NullLogger<RunQueueGrain>.Instance);
        await queue.OnActivateAsync(Token);
        ((OneQueue)grains).Queue = queue;
        await placement.Ask();
        var stages = placement.Plan();

        ((OneQueue)grains).Queue = null;
        Assert.Equal([false, false, false, false], await AskAsync(4));
        time.Advance(TimeSpan.FromSeconds(21));
        var other = await queue.Ask(new RunDemand
        {
            Spec = run.Plan!.Spec with { RunName = "other" },
            ConfigJson = run.Plan.ConfigJson,
            Since = DateTimeOffset.UnixEpoch,
        });
        Assert.Single(other.Silos);

        ((OneQueue)grains).Queue = queue;
        Assert.Equal([false, false, true], await AskAsync(3));
        await queue.Leave("other");
        Assert.Equal([false], await AskAsync(1));

        async Task<IReadOnlyList<bool>> AskAsync(int times)
        {
            var moves = new List<bool>();
            for (var i = 0; i < times; i++)
            {
                await placement.Ask();
                moves.Add(placement.ShouldMove(stages));
            }

            return moves;
        }
    }

    private sealed class SiloThatGoes(ILocalSiloDetails silo) : IClusterView
    {
        private volatile bool _isThere = true;

        public bool IsThere { set => _isThere = value; }

        public string? ClusterId => null;

        public IReadOnlyList<TrainingSilo> TrainingSilos() => _isThere ? [new TrainingSilo(silo.SiloAddress.ToParsableString(), 0, 1)] : [];

        public IReadOnlyList<SiloMember> Members() => [];
    }

    // It takes one run.
    private sealed class OneSilo : IClusterView
    {
        public string? ClusterId => null;

        public IReadOnlyList<TrainingSilo> TrainingSilos() => [new TrainingSilo("s0", 0, 1, MaxRuns: 1)];

        public IReadOnlyList<SiloMember> Members() => [];
    }

    /// <summary>The queue, or none where its silo is lost.</summary>
    public class OneQueue : DispatchProxy
    {
        internal IRunQueueGrain? Queue { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Queue ?? throw new IOException("gone");
    }
}
