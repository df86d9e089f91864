using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LisaOrleans.Grains.Tests;

/// <summary>Parts whose turn to be handed over comes late: a silo takes over only a few at a time.</summary>
public sealed class LateHandOverTests
{
    private const string Run = "slow";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Load_parts_that_wait_while_others_are_handed_over_for_long_still_come_from_their_holders()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(3) with { RunName = Run });
        var store = new WatchedStore(run.Store);
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var silo = new HostBuilder().UseOrleans(s => s.UseLocalhostClustering(Ports.Free(), gatewayPort: 0)
            .ConfigureServices(services => services.AddSingleton(new RunOptions { OrphanPeriod = TimeSpan.FromMilliseconds(100) }))
            .AddLisaSilo(store, transport: null)
            .AddIncomingGrainCallFilter(async call =>
            {
                if (call.InterfaceMethod.Name == nameof(IPartGrain.HandOver)) await turn.Task;
                await call.Invoke();
            })).Build();
        await silo.StartAsync(Token);
        var (grains, manifest) = (silo.Services.GetRequiredService<IGrainFactory>(), await run.ManifestAsync());
        var plan = await RunPlan.Read(run.Store, manifest, Token);
        var here = silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString();

        var (before, first) = (On(here), await TakeAsync());
        await PipelineOf(before, first).Load(manifest, before: null, Token);

        // The same silo, on which a part of this name is another one.
        var next = On(here.Replace("@", "@0", StringComparison.Ordinal));
        var loading = PipelineOf(next, first + 1).Load(manifest, before, Token);
        Assert.Equal(first + 1, await TakeAsync());

        // Each of the parts that there are on both has looked three times.
        var looks = store.Looks;
        await Until.True(() => store.Looks >= looks + (3 * 2 * plan.Parts.Count));
        turn.SetResult();
        Assert.Equal(Enumerable.Repeat(PartSource.HandedOver, plan.Parts.Count), (await loading).Select(l => l.Source));
        await silo.StopAsync(Token);

        StagePlan On(string address) => new([new SiloStage(address, plan.Parts)]);

        Pipeline PipelineOf(StagePlan stages, long generation) => new(grains, plan, stages, generation, new SiloSpeeds());

        async Task<long> TakeAsync() =>
            (await RunStore.AcquireAsync(run.Store, Run, new RunClaim(RunHeadStates.Running), Token)).Generation;
    }

    [Fact]
    public async Task Keep_part_refuses_calls_of_earlier_generations_and_has_its_state()
    {
        await using var parts = await LoadedParts.CreateAsync(TinyStories.Spec(3) with { RunName = "kept" });
        var (layer, weights) = (parts.Part(PartName.Layer(1)), (await parts.ManifestAsync()).Parts[PartName.Layer(1)].Weights);
        await layer.Keep(3);
        await Assert.ThrowsAsync<StaleGenerationCallException>(() => layer.Train(1, PartTraining.Whole, Token));
        await Assert.ThrowsAsync<StaleGenerationCallException>(() => layer.Keep(2));
        Assert.Null(await Record.ExceptionAsync(() => layer.Keep(3)));
        Assert.NotNull(await layer.HandOver(3, weights, null, null, Token));
    }

    private sealed class WatchedStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private int _looks;

        /// <summary>How often a document was read, as parts read their run's head.</summary>
        public int Looks => Volatile.Read(ref _looks);

        public override Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _looks);
            return base.GetDocumentAsync(path, cancellationToken);
        }
    }
}
