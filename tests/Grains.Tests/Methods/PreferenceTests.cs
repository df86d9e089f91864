using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Runs that learn from pairs of answers.</summary>
public sealed class PreferenceTests : IDisposable
{
    private static readonly TrainingSpec s_dpo =
        TinyStories.Spec(6) with { Objective = "dpo", PerDeviceTrainBatchSize = 2, GradientAccumulationSteps = 2 };

    private static readonly Dictionary<string, TrainingSpec> s_runs = new()
    {
        ["dpo"] = s_dpo with { LabelSmoothing = 0.1 },
        ["orpo"] = s_dpo with { Objective = "orpo" },
        ["orpo, full, bfloat16"] = TinyStories.FullSpec(6) with { Objective = "orpo", PerDeviceTrainBatchSize = 3, Dtype = "bfloat16" },
        ["dpo, masked"] = s_dpo with { MaskSamples = [3, 8, 9] },
        ["dpo, nf4"] = s_dpo with { FrozenWeights = "nf4", LisaIntervalSteps = 2 },
    };

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Runs => [.. s_runs.Keys];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Objective_interrupted_run_ends_with_the_bits_of_the_reference_trainer(string name)
    {
        var request = Request(s_runs[name]);
        using var run = await TestRun.ImportAsync(request);
        foreach (var step in (long[])[1, 4]) await run.ContinueAsync(pauseAt: step);
        await run.FinishAsync();
        await ReferenceTrainerTests.AssertSameBits(run, TinyStories.Model);
    }

    // The reference is the model without what the adapters have learned, and without dropout.
    [Fact]
    public async Task Objective_interrupted_run_of_adapters_ends_with_the_same_bytes()
    {
        var spec = TinyStories.LoraSpec(6) with { Objective = "dpo", PerDeviceTrainBatchSize = 3, LoraDropout = 0.1 };
        using var straight = await TestRun.ImportAsync(Request(spec));
        await straight.FinishAsync();
        using var broken = await TestRun.ImportAsync(Request(spec));
        foreach (var step in (long[])[1, 4]) await broken.ContinueAsync(pauseAt: step);
        await broken.FinishAsync();
        Assert.Equal((await straight.HistoryAsync()).Select(r => r.Loss), (await broken.HistoryAsync()).Select(r => r.Loss));
        Assert.Equal(await straight.WeightsShaAsync(), await broken.WeightsShaAsync());
    }

    [Fact]
    public async Task Dpo_margins_begin_at_zero_and_grow()
    {
        var spec = s_dpo with { MaxSteps = 30, LrSchedulerType = "constant", LearningRate = 2e-4 };
        using var run = await TestRun.ImportAsync(Request(spec) with { EvalDataFile = TinyStories.Pairs });
        await run.FinishAsync();
        var history = await run.HistoryAsync();
        Assert.Equal(Math.Log(2), history[0].Loss, 1e-3);
        Assert.Equal(0, history[0].Rewards!.Margins, 1e-2);
        var (loss, rewards) = (history[^1].EvalLoss!.Value, history[^1].EvalRewards!);
        Assert.True(loss < 0.6, $"{loss}, {rewards}; {string.Join(' ', history.Select(h => h.Loss))}");
        Assert.True(rewards is { Margins: > 0.2, Accuracies: > 0.6 }, $"{rewards}");
        Assert.All(history.SkipLast(1), r => Assert.Null(r.EvalRewards));
    }

    [Fact]
    public async Task Orpo_chosen_answers_become_likelier_and_there_is_no_reference()
    {
        using var run = await TestRun.ImportAsync(Request(s_runs["orpo, full, bfloat16"] with { MaxSteps = 20, LrSchedulerType = "constant" }));
        await run.FinishAsync();
        var history = await run.HistoryAsync();
        Assert.True(history[^1].Loss < 0.8 * history[0].Loss, $"{history[0].Loss} to {history[^1].Loss}");
        Assert.True(history[^1].Rewards!.Margins > history[0].Rewards!.Margins);
        Assert.Null((await run.ManifestAsync()).ReferenceLogProbs);
    }

    [Fact]
    public async Task ReferenceLogProbs_second_run_over_the_same_model_and_data_takes_those_of_the_first()
    {
        using var first = await TestRun.ImportAsync(Request(s_dpo with { MaxSteps = 1 }));
        await first.FinishAsync();
        var manifest = await first.ManifestAsync();
        var cache = new ReferenceCache(first.Store);
        var known = await cache.ReadAsync(manifest.ReferenceLogProbs!, Token);
        Assert.Equal(160, known.Length);
        Assert.All(known, l => Assert.InRange(l, -1000, -1));

        // Numbers that no model gives show that they are taken, and not made again.
        var key = Path.GetFileNameWithoutExtension(Assert.Single(await first.Store.ListDocumentsAsync("references/", Token).ToListAsync(Token)));
        Assert.Equal(known, (await cache.FindAsync(key, Token)).LogProbs);
        var other = await cache.AddAsync(key, Enumerable.Range(0, known.Length).Select(i => -1.0 - i).ToArray(), Token);
        var second = await first.AnotherAsync(Request(s_dpo with { RunName = "second", MaxSteps = 1 }));
        await second.FinishAsync();
        Assert.Equal(other, (await second.ManifestAsync()).ReferenceLogProbs);
        Assert.NotEqual((await first.HistoryAsync())[0].Loss, (await second.HistoryAsync())[0].Loss);
    }

    [Fact]
    public async Task ReferenceLogProbs_broken_off_goes_on_to_the_same_blob()
    {
        using var whole = await TestRun.ImportAsync(Request(s_dpo with { MaxSteps = 1 }));
        await whole.FinishAsync();
        var manifest = await whole.ManifestAsync();
        var known = await new ReferenceCache(whole.Store).ReadAsync(manifest.ReferenceLogProbs!, Token);

        // As after a kill: the first micro-batches are known. What stands there is taken, and only the rest is made.
        using var broken = await TestRun.ImportAsync(Request(s_dpo with { MaxSteps = 1 }));
        double[] begun = [-3, .. known[1..(4 * 5)]];
        var imported = await broken.ManifestAsync();
        var spec = await RunFiles.ReadSpecAsync(broken.Store, imported, Token);
        var key = ReferenceCache.Key(imported, spec, imported.Dataset!, [TrainingDevice.Kind]);
        await new ReferenceCache(broken.Store).AddAsync(key, begun, Token);
        await broken.FinishAsync();
        var ended = await new ReferenceCache(broken.Store).ReadAsync((await broken.ManifestAsync()).ReferenceLogProbs!, Token);
        Assert.Equal([-3, .. known[1..]], ended);
    }

    // What is to be wrong with a blob: a flipped bit, or that it is not there.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReferenceLogProbs_damaged_blob_is_made_anew_by_any_run_that_needs_it(bool missing)
    {
        var spec = s_dpo with { SaveSteps = 2, KeepManifests = "base" };
        using var run = await TestRun.ImportAsync(Request(spec));
        await run.ContinueAsync(pauseAt: 3);
        var blob = (await run.ManifestAsync()).ReferenceLogProbs!;
        var beginning = await RunManifests.ReadAsync(run.Store, ManifestAddress.At("test", 0), Token);
        Assert.Equal(blob, beginning.Manifest.ReferenceLogProbs);

        // The run itself, by its manifest of step 0; then one that has not begun, by the cache.
        await SpoilAsync();
        await Heals(run, 1);
        var second = await run.AnotherAsync(Request(s_dpo with { RunName = "second", MaxSteps = 2, SaveSteps = 1 }));
        await SpoilAsync();
        await Heals(second, missing ? 0 : 1);
        Assert.Equal(blob, (await second.ManifestAsync()).ReferenceLogProbs);

        // One that has trained and keeps only its last waits for such a run, and says what is wrong.
        var third = await run.AnotherAsync(Request(spec with { RunName = "third", KeepManifests = "last" }));
        await third.ContinueAsync(pauseAt: 3);
        await SpoilAsync();
        var failed = await third.ContinueAsync();
        Assert.Equal(RunState.Failed, failed.State);
        Assert.Contains("the reference's log probabilities of the training data of run 'third'", failed.Error, StringComparison.Ordinal);
        await Heals(await run.AnotherAsync(Request(s_dpo with { RunName = "fourth", MaxSteps = 1 })), missing ? 0 : 1);
        await third.FinishAsync();

        using var straight = await TestRun.ImportAsync(Request(s_dpo));
        await straight.FinishAsync();
        Assert.Equal(await straight.WeightsShaAsync(), await run.WeightsShaAsync());
        Assert.Equal(await straight.WeightsShaAsync(), await third.WeightsShaAsync());

        async Task SpoilAsync()
        {
            var path = Directory.GetFiles(run.Store.Location, blob.Sha256, SearchOption.AllDirectories).Single();
            var bytes = await File.ReadAllBytesAsync(path, Token);
            bytes[3] ^= 1;
            if (missing) File.Delete(path);
            else await File.WriteAllBytesAsync(path, bytes, Token);
        }

        // A cache that has nothing is no news; a blob that is named, or damaged, is.
        async Task Heals(TestRun healing, int told)
        {
            var seen = new List<TrainingEvent>();
            var ended = await healing.ContinueAsync(seen: seen);
            Assert.True(ended.State == RunState.Succeeded, ended.Error);
            var reasons = seen.OfType<RunRecovering>().Select(r => r.Reason).ToArray();
            Assert.Equal(told, reasons.Length);
            Assert.All(reasons, r => Assert.EndsWith($"(blob {blob.Sha256}) is {(missing ? "missing" : "damaged")} and is made anew", r));
            (await run.Store.ReadAsync(blob, Token)).Dispose();
        }
    }

    [Theory]
    [InlineData("dpo", """{"prompt":"p","completion":"c"}""", "line 2: field 'chosen' is missing")]
    [InlineData("dpo", """{"prompt":"p","chosen":"c"}""", "line 2: field 'rejected' is missing")]
    [InlineData("orpo", """{"prompt":"p","chosen":"c","rejected":7}""", "line 2: field 'rejected' is a number")]
    [InlineData("dpo", """{"chosen":"a","rejected":"b"}""", "line 2: field 'prompt' is missing")]
    [InlineData("sft", """{"prompt":"p","chosen":"a","rejected":"b"}""", "line 1: field 'chosen' is one of a pair of answers")]
    public async Task Import_record_that_the_objective_cannot_learn_from_is_named(string objective, string record, string says)
    {
        var data = _folder["mixed.jsonl"];
        await File.WriteAllLinesAsync(data, ["""{"prompt":"What is red?","chosen":" The fox.","rejected":" The owl."}""", record], Token);
        var error = await Assert.ThrowsAsync<Data.DatasetException>(
            () => TestRun.ImportAsync(Request(TinyStories.Spec(1) with { Objective = objective }) with { DataFile = data }));
        Assert.Contains($"mixed.jsonl: {says}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_settings_of_data_that_do_not_go_with_pairs_are_refused()
    {
        foreach (var (settings, name) in ((DatasetSettings, string)[])
            [
                (new() { Format = "messages" }, "data_format"), (new() { TrainOnPrompt = true }, "train_on_prompt"),
                (new() { PromptField = "p" }, "prompt_field"),
            ])
        {
            var error = await Assert.ThrowsAsync<InvalidTrainingSettingException>(
                () => TestRun.ImportAsync(Request(s_dpo) with { Dataset = settings }));
            Assert.Equal(name, error.Setting);
        }
    }

    public void Dispose() => _folder.Dispose();

    private RunRequest Request(TrainingSpec spec) => TinyStories.Request(spec) with { DataFile = TinyStories.Pairs };
}
