using System.Text;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Core.Internal;

namespace LisaOrleans.Grains.Tests;

/// <summary>What a user asks of a run is what comes of it, whatever the store does meanwhile.</summary>
public sealed class StoppedRunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cancel_while_a_pause_is_stored_cancels()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        var store = new StoreOfEnds(run.Store);
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store }, Token);
        var grain = await Training(silo);
        var pause = grain.Pause();
        await store.Asked.Task.WaitAsync(Token);
        var cancel = grain.Cancel();
        await grain.GetStatus();
        store.Answer.SetResult();
        await Task.WhenAll(pause, cancel);
        Assert.Equal(RunState.Cancelled, (await grain.GetStatus()).State);
        Assert.Equal(RunHeadStates.Cancelled, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
    }

    [Fact]
    public async Task StartIfNew_begins_a_run_that_was_just_imported_and_none_that_was_stopped_since()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = run.Store }, Token);
        var grain = silo.Grains.GetGrain<IRunGrain>("test");
        await grain.Pause();
        await grain.StartIfNew();
        Assert.Equal(RunHeadStates.Paused, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
        Assert.Equal(RunState.Paused, (await grain.GetStatus()).State);

        using var other = await TestRun.ImportAsync(TinyStories.Spec(1));
        await using var next = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = other.Store }, Token);
        grain = next.Grains.GetGrain<IRunGrain>("test");
        await grain.StartIfNew();
        await Until.True(async () => (await grain.GetStatus()).State == RunState.Succeeded);
    }

    [Fact]
    public async Task Resume_of_a_pause_that_the_store_refused_stores_it_and_trains_nothing()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        var store = new StoreOfEnds(run.Store);
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store }, Token);
        var grain = await Training(silo);
        store.Answer.SetException(new IOException("away"));
        Assert.Contains("away", (await Assert.ThrowsAsync<IOException>(grain.Pause)).Message, StringComparison.Ordinal);
        Assert.Equal(RunHeadStates.Running, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);

        store.Heal();
        await grain.Resume([]);
        Assert.Equal(RunState.Paused, (await grain.GetStatus()).State);
        Assert.Equal(RunHeadStates.Paused, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
    }

    [Theory]
    [InlineData(RunState.Cancelled)]
    [InlineData(RunState.Paused)]
    public async Task Stop_while_the_store_is_away_says_so_at_once_and_is_stored_when_it_is_back(RunState state)
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        var store = new StoreOfHeads(run.Store);
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store }, Token);
        var grain = await Training(silo);
        store.IsAway = true;
        var stop = state == RunState.Cancelled ? grain.Cancel() : grain.Pause();
        await Assert.ThrowsAsync<IOException>(() => stop.WaitAsync(TimeSpan.FromMinutes(1), Token));
        Assert.Equal(state, (await grain.GetStatus()).State);

        store.IsAway = false;
        await grain.Resume([]);
        Assert.Equal(state, (await grain.GetStatus()).State);
        Assert.Equal(StoredRunStatus.Of(state), (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
    }

    // It fails before it hears of that; what was asked for is more than that it failed.
    [Fact]
    public async Task Cancel_of_a_run_that_fails_meanwhile_cancels()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        var store = new StoreOfStates(run.Store)
        {
            Before = async put =>
            {
                if (put != RunHeadStates.Failed) return;
                asked.TrySetResult();
                await answer.Task;
            },
        };
        var blob = (await run.ManifestAsync()).Files["tokenizer.model"].Sha256;
        File.Delete(Directory.EnumerateFiles(run.Store.Location, blob, SearchOption.AllDirectories).Single());
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store }, Token);
        var grain = silo.Grains.GetGrain<IRunGrain>("test");
        await grain.Start();
        await asked.Task.WaitAsync(Token);
        var cancel = grain.Cancel();
        await grain.GetMemory();
        answer.SetResult();
        await cancel;
        Assert.Equal(RunState.Cancelled, (await grain.GetStatus()).State);
        Assert.Equal(RunHeadStates.Cancelled, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
    }

    [Theory]
    [InlineData(RunState.Cancelled)]
    [InlineData(RunState.Paused)]
    public async Task Stop_while_a_start_is_under_way_stops_what_it_began(RunState state)
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        var (asked, answer, waiting) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        var store = new StoreOfStates(run.Store)
        {
            Before = async put =>
            {
                if (put == RunHeadStates.Waiting) asked.TrySetResult();
                if (put == RunHeadStates.Waiting) await answer.Task;
                else if (put is RunHeadStates.Cancelled or RunHeadStates.Paused) await waiting.Task;
            },
            After = put =>
            {
                if (put == RunHeadStates.Waiting) waiting.TrySetResult();
            },
        };
        using var silo = await StartAsync(store);
        var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IRunGrain>("test");
        var start = grain.Start();
        await asked.Task.WaitAsync(Token);
        var stop = state == RunState.Cancelled ? grain.Cancel() : grain.Pause();
        await grain.GetMemory();
        answer.SetResult();
        await Task.WhenAll(start, stop);
        Assert.Empty(silo.Services.GetRequiredService<LocalRuns>().Names);
        Assert.Equal(state, (await grain.GetStatus()).State);
        Assert.Equal(StoredRunStatus.Of(state), (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
        Assert.DoesNotContain(await grain.GetEvents(EventPosition.Start, 1000), e => e is StepCompleted);

        // Work that went on would be taken for what a start asks for.
        if (state == RunState.Cancelled) await Assert.ThrowsAsync<RunEndedException>(grain.Start);
        await silo.StopAsync(Token);
    }

    // As where two silos that do not see each other both lead the run.
    [Fact]
    public async Task Start_of_a_run_that_is_cancelled_elsewhere_before_it_is_taken_trains_nothing()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        var elsewhere = new StoredRun(run.Store, "test", cluster: null, TimeProvider.System, NullLogger.Instance);
        var store = new StoreOfStates(run.Store)
        {
            Before = put => put == RunHeadStates.Running ? elsewhere.Stop(RunState.Cancelled, Token) : Task.CompletedTask,
        };
        var seen = new List<TrainingEvent>();
        Assert.Equal(RunState.Cancelled, (await run.ContinueAsync(seen: seen, through: store)).State);
        Assert.IsType<RunEnded>(Assert.Single(seen));
        Assert.Equal(RunHeadStates.Cancelled, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
    }

    // A run that is known here has its lease renewed, so that nobody else may train it.
    [Fact]
    public async Task Start_that_fails_leaves_no_run_that_is_worked_on()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        var store = new StoreOfHeads(run.Store);
        using var silo = await StartAsync(store);
        var (grain, runs) = (
            silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IRunGrain>("test"), silo.Services.GetRequiredService<LocalRuns>());
        store.IsAway = true;
        await Assert.ThrowsAsync<IOException>(grain.Start);
        Assert.Empty(runs.Names);
        store.IsAway = false;
        await grain.Start();
        await Until.True(async () => (await grain.GetStatus()).State == RunState.Succeeded);
        Assert.Empty(runs.Names);
        await silo.StopAsync(Token);
    }

    // A silo whose time is up ends what is left on it.
    [Fact]
    public async Task Deactivation_of_a_run_at_work_leaves_the_reminder_that_wakes_it_elsewhere()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        using var silo = await StartAsync(run.Store, s => s.UseInMemoryReminderService().ConfigureServices(
            services => services.AddSingleton<IClusterView, OneOfCluster>()
                .Configure<ReminderOptions>(o => o.MinimumReminderPeriod = TimeSpan.FromSeconds(1))));
        var (grain, runs, reminders) = (
            silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IRunGrain>("test"), silo.Services.GetRequiredService<LocalRuns>(),
            silo.Services.GetRequiredService<IReminderTable>());
        await grain.Start();
        await Until.True(async () => (await grain.GetStatus()).State == RunState.Running);
        runs.Leave();
        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle(Token);
        await Until.True(() => runs.Names.Count == 0);
        Assert.NotEmpty((await reminders.ReadRows(grain.GetGrainId(), Token)).Reminders);
        Assert.Equal(RunHeadStates.Running, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
        await silo.StopAsync(Token);
    }

    // As where all silos of a cluster are told to stop.
    [Fact]
    public async Task HandOver_that_no_other_silo_takes_is_no_recovery_for_the_first_that_comes()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        using (var silo = await StartAsync(run.Store, OfCluster))
        {
            var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IRunGrain>("test");
            await grain.Start();
            await Until.True(async () => (await grain.GetStatus()).Step > 0);
            await grain.HandOver();
            await silo.StopAsync(Token);
        }

        // It passes no run that trains.
        var left = (await RunStore.ReadHeadAsync(run.Store, "test", Token))!;
        Assert.Equal((RunHeadStates.Running, 0), (left.State, left.Recoveries));
        using var next = await StartAsync(run.Store, OfCluster);
        var resumed = next.Services.GetRequiredService<IGrainFactory>().GetGrain<IRunGrain>("test");
        await resumed.Resume([]);
        await Until.True(async () => (await resumed.GetStatus()).Step > left.Step);
        Assert.Equal(0, (await resumed.GetStatus()).Recoveries);
        Assert.DoesNotContain(await resumed.GetEvents(EventPosition.Start, 1000), e => e is RunRecovering);
        await resumed.Cancel();
        await next.StopAsync(Token);

        static void OfCluster(ISiloBuilder silo) => silo.UseInMemoryReminderService().ConfigureServices(
            services => services.AddSingleton<IClusterView, OneOfCluster>()
                .Configure<ReminderOptions>(o => o.MinimumReminderPeriod = TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Start_on_a_silo_that_is_leaving_trains_nothing_there()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        using var silo = await StartAsync(run.Store);
        var (grain, runs) = (
            silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IRunGrain>("test"), silo.Services.GetRequiredService<LocalRuns>());
        runs.Leave();
        await grain.Start();
        Assert.Empty(runs.Names);
        Assert.Equal(RunState.Queued, (await grain.GetStatus()).State);
        Assert.Equal(RunHeadStates.Waiting, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.State);
        await silo.StopAsync(Token);
    }

    private static async Task<IHost> StartAsync(IBlobStore store, Action<ISiloBuilder>? configure = null)
    {
        var silo = new HostBuilder().UseOrleans(s =>
        {
            s.UseLocalhostClustering(Ports.Free(), gatewayPort: 0).AddLisaSilo(store, transport: null);
            configure?.Invoke(s);
        }).Build();
        await silo.StartAsync(Token);
        return silo;
    }

    private static async Task<IRunGrain> Training(EmbeddedSilo silo)
    {
        var run = silo.Grains.GetGrain<IRunGrain>("test");
        await run.Start();
        await Until.True(async () => (await run.GetStatus()).State == RunState.Running);
        return run;
    }

    private sealed class OneOfCluster(ILocalSiloDetails silo) : IClusterView
    {
        public string? ClusterId => "test";

        public IReadOnlyList<TrainingSilo> TrainingSilos() => [new TrainingSilo(silo.SiloAddress.ToParsableString(), 0, 1)];

        public IReadOnlyList<SiloMember> Members() => [];
    }

    private sealed class StoreOfHeads(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private volatile bool _isAway;

        public bool IsAway { set => _isAway = value; }

        public override Task<StoreDocument?> GetDocumentAsync(string path, CancellationToken cancellationToken) =>
            _isAway ? throw new IOException("away") : base.GetDocumentAsync(path, cancellationToken);

        public override Task<string> PutDocumentAsync(
            string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
            _isAway ? throw new IOException("away") : base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
    }

    /// <summary>Says which state a head is about to bring, and has brought.</summary>
    private sealed class StoreOfStates(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        public required Func<string, Task> Before { get; init; }

        public Action<string> After { get; init; } = _ => { };

        public override async Task<string> PutDocumentAsync(
            string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
        {
            var text = Encoding.UTF8.GetString(content.Span);
            string[] states =
                [RunHeadStates.Waiting, RunHeadStates.Running, RunHeadStates.Cancelled, RunHeadStates.Paused, RunHeadStates.Failed];
            var state = Array.Find(states, s => text.Contains($"\"{s}\"", StringComparison.Ordinal)) ?? "";
            await Before(state);
            var etag = await base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
            After(state);
            return etag;
        }
    }

    /// <summary>Takes a head that says that its run is paused only after an answer.</summary>
    private sealed class StoreOfEnds(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private volatile bool _healed;

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Heal() => _healed = true;

        public override async Task<string> PutDocumentAsync(
            string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
        {
            if (!_healed && Encoding.UTF8.GetString(content.Span).Contains($"\"{RunHeadStates.Paused}\"", StringComparison.Ordinal))
            {
                Asked.TrySetResult();
                await Answer.Task;
            }

            return await base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
        }
    }
}
