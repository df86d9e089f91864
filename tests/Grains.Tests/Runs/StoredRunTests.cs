using System.Collections.Concurrent;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging.Abstractions;

namespace LisaOrleans.Grains.Tests;

public sealed class StoredRunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Take_that_failed_at_first_still_checks_all_files_and_tells_of_the_owner_who_was_lost()
    {
        using var imported = await TestRun.ImportAsync(TinyStories.Spec(2));
        _ = await RunStore.AcquireAsync(imported.Store, "test", new RunClaim(RunHeadStates.Running) { Owner = "dead" }, Token);
        var head = await RunStore.ReadHeadAsync(imported.Store, "test", Token);
        var files = (await RunStore.ReadManifestAsync(imported.Store, head!.Manifest!, Token)).Files.Values.Select(f => f.Sha256).ToHashSet();
        var store = new UnreadableAtFirst(imported.Store, files);
        var run = new StoredRun(store, "test", cluster: null, TimeProvider.System, NullLogger.Instance);
        await Assert.ThrowsAsync<IOException>(() => run.Take(Token));

        store.IsReadable = true;
        Assert.True((await run.Take(Token)).WasLost);
        Assert.Empty(files.Except(store.Read));

        // It is told once.
        Assert.False((await run.Take(Token)).WasLost);
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("file")]
    [InlineData("log")]
    [InlineData("kept")]
    [InlineData("journal")]
    public async Task End_of_a_run_that_cannot_be_read_is_stored_and_keeps_what_the_journal_has(string missing)
    {
        using var imported = await TestRun.ImportAsync(TinyStories.Spec(3) with { KeepManifests = "all" });
        await imported.ContinueAsync(pauseAt: 2);
        var before = (await RunStore.ReadHeadAsync(imported.Store, "test", Token))!;
        var entries = (await RunJournal.Read(imported.Store, before, null, TimeProvider.System, Token)).Entries;
        var manifest = await imported.ManifestAsync();
        var blob = missing switch
        {
            "manifest" => before.Manifest!,
            "file" => manifest.Files.Values.First(),
            "log" => manifest.Log[0].Blob,
            "kept" => before.Kept![0].Blob,
            _ => before.Journal![0].Blob,
        };
        File.Delete(Directory.EnumerateFiles(imported.Store.Location, blob.Sha256, SearchOption.AllDirectories).Single());

        var run = new StoredRun(imported.Store, "test", cluster: null, TimeProvider.System, NullLogger.Instance);
        for (var time = 1; time <= 2; time++)
        {
            _ = await Record.ExceptionAsync(() => run.Queue(DateTimeOffset.UtcNow));
            run.Begin();
            var failure = await Assert.ThrowsAsync<BlobMissingException>(() => run.Take(Token));
            Assert.True((await run.End(RunState.Failed, run.ManifestStep, failure.Message, Token)).IsStored);
            var head = (await RunStore.ReadHeadAsync(imported.Store, "test", Token))!;
            Assert.Equal((RunHeadStates.Failed, failure.Message), (head.State, head.Error));
            Assert.Equal(before.Step, run.ManifestStep);
            if (missing == "journal")
            {
                Assert.Equal(before.Journal, head.Journal);
                continue;
            }

            var after = (await RunJournal.Read(imported.Store, head, null, TimeProvider.System, Token)).Entries;
            Assert.Equal(entries.Select(e => (e.Position, e.GetType())), after.Take(entries.Count).Select(e => (e.Position, e.GetType())));
            Assert.Equal(time, after.Skip(entries.Count).OfType<RunEnded>().Count(e => e.Error == failure.Message));
        }
    }

    [Fact]
    public async Task Run_that_was_cancelled_is_not_woken_and_one_that_failed_is_not_paused()
    {
        using var imported = await TestRun.ImportAsync(TinyStories.Spec(2));
        var run = new StoredRun(imported.Store, "test", cluster: null, TimeProvider.System, NullLogger.Instance);
        var session = await RunStore.AcquireAsync(imported.Store, "test", new RunClaim(RunHeadStates.Running), Token);
        await session.SetStateAsync(RunHeadStates.Failed, "broken", Token);
        var failed = await Assert.ThrowsAsync<RunEndedException>(() => run.Stop(RunState.Paused, Token));
        Assert.Equal("run 'test' has failed after step 0, so it cannot be paused; lisa resume continues it", failed.Message);
        Assert.Equal("broken", (await run.ReadStatus()).Error);

        await run.Queue(DateTimeOffset.UtcNow);
        await run.Stop(RunState.Cancelled, Token);
        await Assert.ThrowsAsync<RunEndedException>(() => run.Queue(DateTimeOffset.UtcNow));
        var again = await Assert.ThrowsAsync<RunEndedException>(
            () => RunImporter.ImportAsync(imported.Store, TinyStories.Request(TinyStories.Spec(2)), null, Token));
        Assert.EndsWith("cannot be resumed; use another name, lisa fork, or --overwrite", again.Message, StringComparison.Ordinal);

        Assert.Equal(RunState.Cancelled, (await run.ReadStatus()).State);
    }

    // Whoever lists the runs asks each of them.
    [Fact]
    public async Task ReadStatus_keeps_no_data_in_memory_and_reads_them_once()
    {
        using var imported = await TestRun.ImportAsync(TinyStories.Spec(2));
        var data = (await imported.ManifestAsync()).Dataset!.Sha256;
        var store = new UnreadableAtFirst(imported.Store, []) { IsReadable = true };
        var run = new StoredRun(store, "test", cluster: null, TimeProvider.System, NullLogger.Instance);
        for (var look = 0; look < 2; look++) Assert.Equal((2L, 6), ((await run.ReadStatus()).TotalSteps, (await run.ReadStatus()).LayerCount));
        Assert.Single(store.Read, data);
        Assert.Null(run.Plan);
    }

    // Silos that were lost are a recovery, which is counted once; those that others were given are none.
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public async Task Wait_of_a_run_that_was_taken_leaves_it_its_owner_and_taking_it_again_is_no_recovery(bool isLetGo, int recoveries)
    {
        using var imported = await TestRun.ImportAsync(TinyStories.Spec(2));
        var run = new StoredRun(imported.Store, "test", cluster: null, TimeProvider.System, NullLogger.Instance);
        await run.Wait(Token);
        Assert.Equal(RunHeadStates.Queued, (await run.ReadHead())!.State);
        run.Begin();
        await run.Take(Token);
        run.NoteStart(wasLost: false);
        var before = (await run.ReadHead())!;
        run.IsLetGo = isLetGo;
        await run.Wait(Token);
        var waiting = (await run.ReadHead())!;
        Assert.Equal(
            (RunHeadStates.Waiting, before.Generation, before.Owner, recoveries),
            (waiting.State, waiting.Generation, waiting.Owner, waiting.Recoveries));
        Assert.False((await run.Take(Token)).WasLost);
        Assert.Equal((RunHeadStates.Running, recoveries), ((await run.ReadHead())!.State, (await run.ReadHead())!.Recoveries));
        Assert.IsType<RunStarted>(Assert.Single(run.Journal!.Entries));
    }

    // It waits for silos; the other is the one that the directory knows.
    [Theory]
    [InlineData(RunState.Cancelled, RunHeadStates.Cancelled)]
    [InlineData(RunState.Paused, RunHeadStates.Paused)]
    public async Task Take_run_that_another_activation_has_stopped_meanwhile_leaves_it_stopped(RunState stop, string expected)
    {
        using var imported = await TestRun.ImportAsync(TinyStories.Spec(2));
        var (waiting, other) = (Activation(), Activation());
        await waiting.Queue(DateTimeOffset.UtcNow);
        waiting.Begin();
        Assert.NotNull(await other.Stop(stop, Token));
        await Assert.ThrowsAsync<RunEndedException>(() => waiting.Take(Token));
        Assert.Equal(expected, (await RunStore.ReadHeadAsync(imported.Store, "test", Token))!.State);

        if (stop == RunState.Cancelled) return;
        await waiting.Queue(DateTimeOffset.UtcNow);
        await waiting.Take(Token);

        StoredRun Activation() => new(imported.Store, "test", cluster: null, TimeProvider.System, NullLogger.Instance);
    }

    // Each of the two has read the head before the other stopped the run.
    [Theory]
    [InlineData(RunState.Paused, RunState.Paused)]
    [InlineData(RunState.Cancelled, RunState.Cancelled)]
    [InlineData(RunState.Cancelled, RunState.Paused)]
    public async Task Stop_run_that_has_been_stopped_changes_nothing(RunState first, RunState second)
    {
        using var imported = await TestRun.ImportAsync(TinyStories.Spec(2));
        var run = new StoredRun(imported.Store, "test", cluster: null, TimeProvider.System, NullLogger.Instance);
        Assert.NotNull(await run.Stop(first, Token));
        var head = await RunStore.ReadHeadAsync(imported.Store, "test", Token);
        Assert.Null(await run.Stop(second, Token));
        var late = await Assert.ThrowsAsync<RunEndedException>(() => RunStore.AcquireAsync(
            imported.Store, "test", new RunClaim(RunHeadStates.Paused) { Check = h => StoredRunStatus.CheckNotEnded(h, second) }, Token));
        Assert.Equal(first, late.State);
        var after = await RunStore.ReadHeadAsync(imported.Store, "test", Token);
        Assert.Equal((head!.Generation, head.State, 1L), (after!.Generation, after.State, after.Journal![^1].LastStep));
    }

    private sealed class UnreadableAtFirst(IBlobStore inner, HashSet<string> files) : DelegatingBlobStore(inner)
    {
        public bool IsReadable { get; set; }

        public ConcurrentBag<string> Read { get; } = [];

        public override Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
        {
            if (IsReadable) Read.Add(blob.Sha256);
            else if (files.Contains(blob.Sha256)) throw new IOException("the store is away");
            return base.ReadAsync(blob, cancellationToken);
        }
    }
}
