using System.Text;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Runs that keep manifests, end with their best, or end early.</summary>
public sealed class KeptManifestTests
{
    // Losses fall, so with a greater one taken for better, the first evaluation is the best and no later one is.
    private static readonly TrainingSpec s_scored = TinyStories.Spec(8) with { SaveSteps = 2, EvalSteps = 2, GreaterIsBetter = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KeepManifests_history_survives_a_pause_and_a_collection_and_changes_no_bit()
    {
        using var plain = await TestRun.TrainAsync(TinyStories.Spec(9));
        using var run = await TestRun.ImportAsync(TinyStories.Spec(9) with { KeepManifests = "every:3" });
        await run.ContinueAsync(pauseAt: 4);
        var paused = (await RunManifests.FindAsync(run.Store, "test", Token))!.Head.Step;
        Assert.Equal([.. new long[] { 0, 3, 6, 9 }.Where(s => s < paused), paused], (await HistoryAsync(run)).Select(k => k.Step));
        await run.FinishAsync();
        await GarbageCollector.CollectAsync(run.Store, TimeSpan.Zero, TimeProvider.System, Token);

        var history = await HistoryAsync(run);
        Assert.Equal([0L, 3, 6, 9], history.Select(k => k.Step));
        Assert.Equal((await run.HistoryAsync()).Where(r => r.Step % 3 == 0).Select(r => (double?)r.Loss), history.Skip(1).Select(k => k.Loss));
        Assert.Equal(await plain.WeightsShaAsync(), await run.WeightsShaAsync());
        Assert.Equal(await plain.WeightsShaAsync(), await run.WeightsShaAsync("@9"));
        Assert.Equal(4, new[] { "@0", "@3", "@6", "@9" }.Select(at => run.WeightsShaAsync(at).GetAwaiter().GetResult()).Distinct().Count());

        // What the list says each manifest adds is what it adds.
        var states = await KeptHistory.ReadAsync(run.Store, "test", Token);
        Assert.Equal(states.Select(s => s.NewBytes), history.Select(k => k.NewBytes));
        Assert.True(states[^1].IsLast);
        Assert.All(states.Skip(1), s => Assert.InRange(s.SharedBytes, 1, s.Bytes - 1));
        var (status, _) = await StoredRunStatus.Read(run.Store, "test", null, Token);
        Assert.Equal((4, history.Sum(k => k.NewBytes)), (status.KeptManifests, status.HistoryBytes));
    }

    [Fact]
    public async Task KeepManifests_number_of_the_last_leaves_only_what_they_name()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(9) with { KeepManifests = "2", SaveSteps = 1 });
        var history = await HistoryAsync(run);
        Assert.Equal([8L, 9], history.Select(k => k.Step));
        Assert.Equal((await KeptHistory.ReadAsync(run.Store, "test", Token)).Select(s => s.NewBytes), history.Select(k => k.NewBytes));
        await GarbageCollector.CollectAsync(run.Store, TimeSpan.Zero, TimeProvider.System, Token);
        await run.WeightsShaAsync("@8");
        var gone = await Assert.ThrowsAsync<InvalidDataFileException>(() => run.WeightsShaAsync("@7"));
        Assert.Contains("it keeps those of steps 8, 9", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeepManifests_changed_on_resume_holds_from_then_on()
    {
        var spec = TinyStories.Spec(8) with { SaveSteps = 2, KeepManifests = "all" };
        using var run = await TestRun.ImportAsync(spec);
        await run.ContinueAsync(pauseAt: 4);
        var outcome = await RunImporter.ImportAsync(run.Store, TinyStories.Request(spec with { KeepManifests = "last" }), null, Token);
        Assert.True(outcome.Resumed);
        await run.FinishAsync();
        var head = await RunStore.ReadHeadAsync(run.Store, "test", Token);
        Assert.Null(head!.Kept);
        using var plain = await TestRun.TrainAsync(spec);
        Assert.Equal(await plain.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    [InlineData(6)]
    public async Task LoadBestModelAtEnd_run_ends_with_the_weights_of_its_best(int? pauseAt)
    {
        using var run = await TestRun.ImportAsync(s_scored with { LoadBestModelAtEnd = true }, evalFile: TinyStories.HeldOut);
        if (pauseAt is not null) await run.ContinueAsync(pauseAt);
        await run.FinishAsync();

        var history = await HistoryAsync(run);
        Assert.Equal([(2, true), (8, false)], history.Select(k => (k.Step, k.IsBest)));
        var manifest = await run.ManifestAsync();
        Assert.Equal((8L, true), (manifest.Step, manifest.Completed));
        Assert.Equal(await run.WeightsShaAsync("@2"), await run.WeightsShaAsync());
        Assert.Equal(await run.WeightsShaAsync("@best"), await run.WeightsShaAsync("@last"));
        using var plain = await TestRun.TrainAsync(TinyStories.Spec(8));
        Assert.Equal(await plain.WeightsShaAsync(), await run.WeightsShaAsync("@8"));
    }

    [Fact]
    public async Task LoadBestModelAtEnd_fork_from_after_the_best_ends_as_its_origin()
    {
        using var run = await TestRun.ImportAsync(s_scored with { LoadBestModelAtEnd = true, KeepManifests = "all" }, evalFile: TinyStories.HeldOut);
        await run.FinishAsync();
        var fork = run.Beside("fork");
        await RunFork.CreateAsync(run.Store, ManifestAddress.At("test", 4), "fork", new GivenSettings(), Token);
        var begun = (await RunManifests.FindAsync(run.Store, "fork", Token))!.Kept;
        Assert.Equal([(2, true), (4, false)], begun.Select(k => (k.Step, k.IsBest)));
        Assert.Equal((await KeptHistory.ReadAsync(run.Store, "fork", Token)).Select(s => s.NewBytes), begun.Select(k => k.NewBytes));
        await fork.FinishAsync();
        Assert.Equal([2L, 4, 6, 8], (await RunManifests.FindAsync(run.Store, "fork", Token))!.Steps);
        Assert.Equal(await run.WeightsShaAsync("@2"), await fork.WeightsShaAsync());
        Assert.Equal(await run.WeightsShaAsync(), await fork.WeightsShaAsync("@best"));

        // The last step's own manifest is one to go on from, to the same end.
        await RunFork.CreateAsync(run.Store, ManifestAddress.At("test", 8), "end", new GivenSettings(), Token);
        var end = run.Beside("end");
        await end.FinishAsync();
        Assert.Equal(await run.WeightsShaAsync(), await end.WeightsShaAsync());
        Assert.Null((await RunVerifier.VerifyAsync(run.Store, "end", null, null, Token)).Difference);

        // Its own steps begin where it was forked; it ends with a manifest of the best weights.
        var verified = await RunVerifier.VerifyAsync(run.Store, "fork", null, null, Token);
        Assert.Null(verified.Difference);
        Assert.Equal([4L, 6, 8, 8], verified.Manifests.Select(m => m.Step));
        int[] early = [(await run.HistoryAsync())[2].Samples[0]];
        var none = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunForgetting.BeginAsync(run.Store, "fork", early, "without", Token));
        Assert.Contains("was forked from test@4: let run 'test' forget them, and fork that", none.Message, StringComparison.Ordinal);
        none = await Assert.ThrowsAsync<InvalidDataFileException>(() => RunVerifier.VerifyAsync(run.Store, "fork", (4, 6), null, Token));
        Assert.Contains("was forked from test@4, so step 4 is repeated by 'lisa verify test'", none.Message, StringComparison.Ordinal);
        using var data = await DatasetStorage.Read(run.Store, (await run.ManifestAsync()).EvalDataset!, TinyStories.Config.VocabSize, Token);
        var bisected = await RunBisection.FindAsync(run.Store, "fork", data, threshold: 100, _ => { }, Token);
        Assert.Equal((4L, 8L), (bisected.FromStep, bisected.ToStep));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(5)]
    public async Task EarlyStoppingPatience_run_ends_at_the_same_step_whenever_it_was_stopped(int? pauseAt)
    {
        using var run = await TestRun.ImportAsync(s_scored with { EarlyStoppingPatience = 2 }, evalFile: TinyStories.HeldOut);
        if (pauseAt is not null) await run.ContinueAsync(pauseAt);
        await run.FinishAsync();
        var (status, _) = await StoredRunStatus.Read(run.Store, "test", null, Token);
        Assert.Equal((RunState.Succeeded, 6L, 6L), (status.State, status.Step, status.TotalSteps));
        var manifest = await run.ManifestAsync();
        Assert.All(manifest.Parts.Values, p => Assert.Null(p.Optimizer));

        // It cannot end otherwise any more, whoever asks.
        var request = TinyStories.Request(s_scored with { EarlyStoppingPatience = 2 }) with { EvalDataFile = TinyStories.HeldOut };
        Assert.Equal(6, (await RunImporter.ImportAsync(run.Store, request, null, Token)).TotalSteps);
        Assert.Equal(6, (await RunResumption.PrepareAsync(run.Store, "test", new GivenSettings(), Token)).TotalSteps);
        foreach (var (name, value) in ((string, string)[])[("early_stopping_patience", "0"), ("load_best_model_at_end", "true")])
        {
            var given = Given.Of((name, value));
            var e = await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => RunImporter.ImportAsync(
                run.Store, request with { Spec = given.Into(request.Spec with { }) }, null, Token));
            Assert.Contains("run 'test' is complete; fork it", e.Message, StringComparison.Ordinal);
            e = await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => RunResumption.PrepareAsync(run.Store, "test", given, Token));
            Assert.Equal(name, e.Setting);
        }

        using var whole = await TestRun.ImportAsync(s_scored with { KeepManifests = "all" }, evalFile: TinyStories.HeldOut);
        await whole.FinishAsync();
        Assert.Equal(await whole.WeightsShaAsync("@6"), await run.WeightsShaAsync());
    }

    // A store that knows nothing of all this: no list in the head, no such settings.
    [Fact]
    public async Task Resume_store_of_the_build_before_goes_on_with_the_same_bits_and_stays_readable_for_it()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(9));
        await run.ContinueAsync(pauseAt: 4);
        var manifest = await run.ManifestAsync();
        var session = await RunStore.AcquireAsync(run.Store, "test", new RunClaim(RunHeadStates.Paused), Token);
        var spec = JsonNode.Parse((await run.Store.ReadAsync(manifest.Spec, Token)).ToArray())!.AsObject();
        foreach (var name in (string[])
            [
                nameof(TrainingSpec.KeepManifests), nameof(TrainingSpec.SaveTotalLimit), nameof(TrainingSpec.LoadBestModelAtEnd),
                nameof(TrainingSpec.MetricForBestModel), nameof(TrainingSpec.GreaterIsBetter), nameof(TrainingSpec.EarlyStoppingPatience),
                nameof(TrainingSpec.EarlyStoppingThreshold),
            ]) Assert.True(spec.Remove(name));
        var blob = new BytesBlob(Encoding.UTF8.GetBytes(spec.ToJsonString()));
        await run.Store.PutAsync(blob, Token);
        await session.CommitAsync(manifest with { Spec = new BlobRef(blob.Sha256, blob.Length) }, Token);

        await run.FinishAsync();
        using var whole = await TestRun.TrainAsync(TinyStories.Spec(9));
        Assert.Equal(await whole.WeightsShaAsync(), await run.WeightsShaAsync());

        // The fields that the build before knows, and no others.
        var head = JsonNode.Parse((await run.Store.GetDocumentAsync("runs/test/head.json", Token))!.Content)!.AsObject();
        Assert.Subset(
            new HashSet<string>
            {
                "Run", "Generation", "Step", "Manifest", "State", "Error", "Cluster", "Recoveries", "Journal", "Since", "Owner",
            },
            head.Select(p => p.Key).ToHashSet());
        Assert.Equal(new BlobRef(blob.Sha256, blob.Length), (await run.ManifestAsync()).Spec);
    }

    private static async Task<IReadOnlyList<KeptManifest>> HistoryAsync(TestRun run) =>
        (await RunManifests.FindAsync(run.Store, "test", Token))!.Kept;
}
