using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Runs that are to keep less of their past than they did.</summary>
public sealed class HistoryPruningTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PruneAsync_each_rule_keeps_what_it_says_and_what_is_left_is_whole()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(7) with { SaveSteps = 1, KeepManifests = "all" });
        var sha = await run.WeightsShaAsync("@3");
        await RunFork.CreateAsync(run.Store, ManifestAddress.At("test", 2), "fork", new GivenSettings(), Token);
        var head = await RunStore.ReadHeadAsync(run.Store, "test", Token);

        // Only tried out: the store stays as it is, and what would go is said.
        using (var top = new TempFolder())
        {
            var dry = new DryRunBlobStore(run.Store, new FolderBlobStore(top.Root));
            Assert.Equal([1L, 2, 4, 5], Assert.Single(await HistoryPruning.PruneAsync(dry, "every:3", Token)).Steps);
            var would = (await GarbageCollector.FindAsync(dry, TimeSpan.Zero, TimeProvider.System, Token)).Old;
            Assert.Equal(head!.Kept, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.Kept);
            var now = (await GarbageCollector.FindAsync(run.Store, TimeSpan.Zero, TimeProvider.System, Token)).Old;
            Assert.True(would.Count > now.Count + 4);
            await PruneAsync("every:3", 8, 1, 2, 4, 5);
            var report = await GarbageCollector.CollectAsync(run.Store, TimeSpan.Zero, TimeProvider.System, Token);
            Assert.Equal((would.Count, would.Sum(b => b.Length)), (report.Deleted, report.DeletedBytes));
        }

        var kept = (await RunManifests.OfAsync(run.Store, "test", Token)).Kept;
        Assert.Equal([0L, 3, 6, 7], kept.Select(k => k.Step));
        Assert.Equal((await KeptHistory.ReadAsync(run.Store, "test", Token)).Select(s => s.NewBytes), kept.Select(k => k.NewBytes));
        Assert.Equal(sha, await run.WeightsShaAsync("@3"));
        Assert.Empty((await StoreVerifier.VerifyAsync(run.Store, null, Token)).Faults);
        Assert.Null((await RunVerifier.VerifyAsync(run.Store, "test", null, null, Token)).Difference);
        var after = await RunStore.ReadHeadAsync(run.Store, "test", Token);
        Assert.Equal(head with { Kept = null }, after! with { Kept = null }, new SameJson());

        // The fork has what it needs.
        await run.Beside("fork").FinishAsync();
        Assert.Equal(await run.WeightsShaAsync(), await run.Beside("fork").WeightsShaAsync());

        await PruneAsync("every:3", 4);
        await PruneAsync("2,base", 4, 3);
        await PruneAsync("last", 3, 0, 6);
        Assert.Null((await RunStore.ReadHeadAsync(run.Store, "test", Token))!.Kept);
        Assert.Empty(await HistoryPruning.PruneAsync(run.Store, "last", Token));

        async Task PruneAsync(string rule, int count, params long[] gone)
        {
            var pruned = (await HistoryPruning.PruneAsync(run.Store, rule, Token)).Single(p => p.Run == "test");
            Assert.Equal((count, false), (pruned.Count, pruned.IsHeld));
            Assert.Equal(gone, pruned.Steps);
        }
    }

    [Fact]
    public async Task PruneAsync_best_stays_for_a_run_that_is_to_end_with_it()
    {
        // Losses fall, so with a greater one taken for better, the first evaluation is the best and no later one is.
        var spec = TinyStories.Spec(8) with
        {
            SaveSteps = 2,
            EvalSteps = 2,
            GreaterIsBetter = true,
            LoadBestModelAtEnd = true,
            KeepManifests = "all",
        };
        using var run = await TestRun.ImportAsync(spec, evalFile: TinyStories.HeldOut);
        await run.ContinueAsync(options: new RunOptions { LastStep = 6 });
        await HistoryPruning.PruneAsync(run.Store, "last", Token);
        Assert.Equal([2L, 6], (await RunManifests.OfAsync(run.Store, "test", Token)).Steps);
        await run.FinishAsync();
        Assert.Equal(await run.WeightsShaAsync("@2"), await run.WeightsShaAsync());
    }

    // As a job's document does until the job is a run; see JobDocument.
    [Fact]
    public async Task PruneAsync_manifest_that_a_job_is_still_to_begin_with_stays_until_it_has()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(4) with { SaveSteps = 1, KeepManifests = "all" });
        var kept = (await RunManifests.OfAsync(run.Store, "test", Token)).Kept;
        var sha = await run.WeightsShaAsync("@2");
        var weights = TestRun.ReadWeights(await run.ExportAsync("@2")).Select(Bytes).ToArray();
        var held = kept.Single(k => k.Step == 2).Manifest;
        var document = await run.Store.PutDocumentAsync("jobs/waiting.json", Job(held), null, Token);

        var pruned = Assert.Single(await HistoryPruning.PruneAsync(run.Store, "last", Token));
        Assert.Equal([0L, 1, 3], pruned.Steps);
        Assert.Equal([(2L, "jobs/waiting.json")], pruned.Spared);
        Assert.Equal([2L, 4], (await RunManifests.OfAsync(run.Store, "test", Token)).Steps);
        await GarbageCollector.CollectAsync(run.Store, TimeSpan.Zero, TimeProvider.System, Token);
        Assert.Equal(sha, await run.WeightsShaAsync("@2"));

        // A run that goes on may let go of it by its own rule: its blobs stay, and only the job finds it.
        await RunStore.TryChangeKeptAsync(run.Store, (await RunStore.ReadHeadAsync(run.Store, "test", Token))!, null, Token);
        await GarbageCollector.CollectAsync(run.Store, TimeSpan.Zero, TimeProvider.System, Token);
        var contents = await StoreContents.ReadAsync(run.Store, Token);
        Assert.All(contents.Documents, d => Assert.True(contents.Blobs.ContainsKey(d.Blob.Sha256)));
        using var folder = new TempFolder();
        var manifest = await RunStore.ReadManifestAsync(run.Store, held, Token);
        await RunExporter.ExportModelAsync(run.Store, manifest, folder["out"], Token);
        Assert.Equal(weights, TestRun.ReadWeights(folder["out"]).Select(Bytes));

        await run.Store.PutDocumentAsync("jobs/waiting.json", Job(null), document, Token);
        Assert.Empty(await HistoryPruning.PruneAsync(run.Store, "last", Token));
        await GarbageCollector.CollectAsync(run.Store, TimeSpan.Zero, TimeProvider.System, Token);
        await Assert.ThrowsAsync<BlobMissingException>(() => RunStore.ReadManifestAsync(run.Store, held, Token));

        static (string, string) Bytes(KeyValuePair<string, byte[]> tensor) => (tensor.Key, Convert.ToHexString(tensor.Value));

        static byte[] Job(BlobRef? manifest) => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
            new { id = "waiting", manifest = manifest is null ? null : new { sha256 = manifest.Sha256, length = manifest.Length } });
    }

    [Fact]
    public async Task PruneAsync_run_that_another_process_works_on_stays_as_it_is()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(4) with { SaveSteps = 1, KeepManifests = "all" });
        await run.ContinueAsync(options: new RunOptions { LastStep = 2 });
        var other = RunHolder.ThisProcess with { Id = "another", Pid = 1, Started = null };
        await RunStore.AcquireAsync(run.Store, "test", new RunClaim(RunHeadStates.Running), Token);
        await using (await RunLease.AcquireAsync(run.Store, "test", other, takeOver: false, new LeaseOptions(), TimeProvider.System, Token))
        {
            Assert.True(Assert.Single(await HistoryPruning.PruneAsync(run.Store, "last", Token)).IsHeld);
            Assert.Equal([0L, 1, 2], (await RunManifests.OfAsync(run.Store, "test", Token)).Steps);
        }

        Assert.Equal([0L, 1], Assert.Single(await HistoryPruning.PruneAsync(run.Store, "last", Token)).Steps);
    }

    // What goes need not be whole; what stays must be.
    [Fact]
    public async Task PruneAsync_run_that_cannot_be_read_is_named_and_stays_while_the_others_keep_less()
    {
        var spec = TinyStories.Spec(4) with { SaveSteps = 1, KeepManifests = "all" };
        using var run = await TestRun.ImportAsync(spec);
        await run.ContinueAsync(options: new RunOptions { LastStep = 2 });
        var another = await run.AnotherAsync(TinyStories.Request(spec with { RunName = "another" }));
        await another.ContinueAsync(options: new RunOptions { LastStep = 2 });
        var head = (await RunStore.ReadHeadAsync(run.Store, "another", Token))!;
        Delete(head.Manifest!);
        Delete((await RunManifests.OfAsync(run.Store, "test", Token)).Kept[1].Manifest);

        var pruned = await HistoryPruning.PruneAsync(run.Store, "last", Token);
        Assert.Equal(["another", "test"], pruned.Select(p => p.Run));
        Assert.Contains($"the manifest of step 2 of run 'another' (blob {head.Manifest!.Sha256}) is missing", pruned[0].Problem);
        Assert.Empty(pruned[0].Steps);
        Assert.Equal(head, (await RunStore.ReadHeadAsync(run.Store, "another", Token))!, new SameJson());
        Assert.Null(pruned[1].Problem);
        Assert.Equal([0L, 1], pruned[1].Steps);
        Assert.Equal([2L], (await RunManifests.OfAsync(run.Store, "test", Token)).Steps);

        void Delete(BlobRef blob) =>
            File.Delete(Directory.EnumerateFiles(run.Store.Location, blob.Sha256, SearchOption.AllDirectories).Single());
    }

    private sealed class SameJson : IEqualityComparer<RunHead>
    {
        public bool Equals(RunHead? x, RunHead? y) => System.Text.Json.JsonSerializer.Serialize(x) == System.Text.Json.JsonSerializer.Serialize(y);

        public int GetHashCode(RunHead obj) => obj.Step.GetHashCode();
    }
}
