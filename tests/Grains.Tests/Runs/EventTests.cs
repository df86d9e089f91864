using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Whoever watches a run, across whatever silos, hears of everything once and in order.</summary>
public sealed class EventTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watch_from_a_position_gets_the_rest_once()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(9));
        var seen = new List<TrainingEvent>();
        await run.ContinueAsync(pauseAt: 4, seen: seen);
        var ended = seen.OfType<RunEnded>().Single();
        Assert.Equal(RunState.Paused, ended.State);

        await run.ContinueAsync(after: seen[^1].Position, seen: seen);
        Assert.Equal([.. Enumerable.Range(1, 9).Select(i => (long)i)], seen.OfType<StepCompleted>().Select(s => s.Record.Step));
        Assert.Equal([RunState.Paused, RunState.Succeeded], seen.OfType<RunEnded>().Select(e => e.State));
        Assert.Equal(2, seen.OfType<RunStarted>().Count());
        Assert.Equal(2, seen.OfType<PartsPlaced>().Count());
        for (var i = 1; i < seen.Count; i++)
        {
            var (before, now) = (seen[i - 1].Position, seen[i].Position);
            Assert.Equal(before.Step + before.Entry + 1, now.Step + now.Entry);
            Assert.True(now.Step >= before.Step && now.Entry >= before.Entry, $"{before} then {now}");
        }

        // Somebody who comes when all is over hears the same.
        var late = new List<TrainingEvent>();
        await run.ContinueAsync(start: false, seen: late);
        Assert.Equal(seen.Select(Name).Order(), late.Select(Name).Order());
        Assert.Equal(seen[^1].Position, late[^1].Position);
    }

    [Fact]
    public async Task GetEvents_page_by_page_returns_what_is_watched()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(5));
        var watched = new List<TrainingEvent>();
        var paged = new List<TrainingEvent>();
        await run.ContinueAsync(start: false, seen: watched, during: async grain =>
        {
            var position = EventPosition.Start;
            while (await grain.GetEvents(position, 2) is { Count: > 0 } page)
            {
                Assert.InRange(page.Count, 1, 2);
                paged.AddRange(page);
                position = page[^1].Position;
            }
        });
        Assert.Equal(watched.Select(Name), paged.Select(Name));
    }

    [Fact]
    public async Task Run_that_has_ended_does_not_stay_in_memory_and_still_answers()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(2));
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = run.Store }, Token);
        var (grain, management) = (silo.Grains.GetGrain<IRunGrain>("test"), silo.Grains.GetGrain<IManagementGrain>(0));
        var (seen, late) = (new List<TrainingEvent>(), new List<TrainingEvent>());
        await grain.Start();
        await foreach (var happened in grain.Watch(EventPosition.Start, Token)) seen.Add(happened);
        await Until.True(async () =>
        {
            await management.ForceActivationCollection(TimeSpan.Zero);
            return (await management.GetDetailedGrainStatistics()).All(s => s.GrainId != grain.GetGrainId());
        });

        await foreach (var happened in grain.Watch(EventPosition.Start, Token)) late.Add(happened);
        Assert.Equal(seen.Select(Name), late.Select(Name));
        Assert.Equal((RunState.Succeeded, 2L), ((await grain.GetStatus()).State, (await grain.GetStatus()).Step));
    }

    [Fact]
    public async Task Run_that_another_kind_of_machine_goes_on_with_says_so_once_and_its_manifests_name_both()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(6));
        var seen = new List<TrainingEvent>();
        await run.ContinueAsync(pauseAt: 2, seen: seen);
        var manifest = await run.ManifestAsync();
        Assert.Equal([TrainingDevice.Kind], RunKinds.Of(manifest));

        var session = await RunStore.AcquireAsync(run.Store, "test", new RunClaim(RunHeadStates.Paused), Token);
        var other = manifest with
        {
            Generation = session.Generation,
            Properties = new Dictionary<string, string>(manifest.Properties) { ["computed_on"] = """["another"]""" },
        };
        await session.CommitAsync(other, Token);
        foreach (long? pause in (long?[])[4, null]) await run.ContinueAsync(pauseAt: pause, after: seen[^1].Position, seen: seen);
        string[] both = [.. new[] { "another", TrainingDevice.Kind }.Order(StringComparer.Ordinal)];
        Assert.Equal([[], both, []], seen.OfType<PartsPlaced>().Select(p => p.MixedKinds));
        Assert.Equal(both, RunKinds.Of(await run.ManifestAsync()));
        Assert.Equal(both, (await StoredRunStatus.Read(run.Store, "test", null, Token)).Status.Kinds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancel_idle_run_is_never_seen_to_have_ended_without_its_end(bool meanwhile)
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(9));
        await run.ContinueAsync(pauseAt: 2);
        var looks = 0;
        var seen = new List<TrainingEvent>();
        IRunGrain? grain = null;
        await using var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions { Store = meanwhile ? new WatchedHeads(run.Store, () => LookAsync(grain!)) : run.Store }, Token);
        grain = silo.Grains.GetGrain<IRunGrain>(TinyStories.Spec(9).RunName);
        await grain.Cancel();
        Assert.Equal(meanwhile, looks > 0);
        await LookAsync(grain);
        await foreach (var happened in grain.Watch(EventPosition.Start, Token)) seen.Add(happened);
        Assert.Equal([RunState.Paused, RunState.Cancelled], seen.OfType<RunEnded>().Select(e => e.State));

        async Task LookAsync(IRunGrain watched)
        {
            looks++;
            var status = await watched.GetStatus();
            var last = await watched.GetEvents(status.Position with { Entry = status.Position.Entry - 1 }, 1);
            Assert.Equal(status.State, Assert.IsType<RunEnded>(Assert.Single(last)).State);
        }
    }

    [Fact]
    public async Task Overwrite_removes_the_past()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(3));
        await RunImporter.ImportAsync(run.Store, TinyStories.Request(TinyStories.Spec(2)) with { Overwrite = true }, null, Token);
        var seen = new List<TrainingEvent>();
        await run.ContinueAsync(seen: seen);
        Assert.Equal(new EventPosition(0, 1), seen[0].Position);
        Assert.Equal(2, seen.OfType<StepCompleted>().Count());
        Assert.Single(seen.OfType<RunEnded>());
    }

    private static string Name(TrainingEvent happened) => $"{happened.GetType().Name} {happened.Time:O}";

    // Looks at the run each time that its head is about to be swapped, and when it has been.
    private sealed class WatchedHeads(IBlobStore inner, Func<Task> look) : DelegatingBlobStore(inner)
    {
        public override async Task<string> PutDocumentAsync(
            string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken)
        {
            if (!path.EndsWith("/head.json", StringComparison.Ordinal)) return await base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
            await look();
            var etag = await base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
            await look();
            return etag;
        }
    }
}
