using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Runs that go on from a manifest of another.</summary>
public sealed class RunForkTests
{
    private static readonly TrainingSpec s_spec = TinyStories.Spec(9) with { KeepManifests = "all", LisaIntervalSteps = 2 };

    private static readonly Dictionary<string, TrainingSpec> s_runs = new()
    {
        ["lisa"] = s_spec,
        ["by gradient norms"] = s_spec with { LisaStrategy = "gradient-norm", WeightDecay = 0.1, WarmupSteps = 2 },
        ["moments kept"] = s_spec with { LisaKeepOptimizerState = true, Optim = "adamw-8bit", Dtype = "bfloat16" },
        ["mapped, packed"] = s_spec with { FrozenWeights = "mapped", Packing = true },
        ["lora"] = TinyStories.LoraSpec(9) with { KeepManifests = "all", LoraDropout = 0.1 },
        ["galore"] = TinyStories.FullSpec(9) with { KeepManifests = "all", Method = TrainingMethods.Galore, GaloreRank = 8, GaloreUpdateProjGap = 4 },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Runs => [.. s_runs.Keys];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task CreateAsync_fork_without_changes_has_the_bits_of_its_origin_to_the_end(string name)
    {
        using var run = await TestRun.TrainAsync(s_runs[name]);
        foreach (var step in (long[])[name == "lisa" ? 6 : 3])
        {
            var fork = run.Beside($"fork-{step}");
            var before = await BlobBytes(run);
            var made = await ForkAsync(run, step, $"fork-{step}");
            Assert.Equal((true, step, 9L), (made.IsNew, made.Step, made.TotalSteps));

            // The manifest and the settings, which have the run's name in them.
            Assert.InRange(await BlobBytes(run) - before, 1, 20_000);
            await fork.FinishAsync();
            Assert.Equal(await run.WeightsShaAsync(), await fork.WeightsShaAsync());
            Assert.Equal(Losses(await run.HistoryAsync()), Losses(await fork.HistoryAsync()));
        }

        static IEnumerable<(double, double, string)> Losses(IReadOnlyList<StepRecord> steps) =>
            steps.Select(s => (s.Loss, s.GradNorm, string.Join(',', s.ActiveLayers.Concat(s.Samples))));
    }

    [Fact]
    public async Task CreateAsync_other_settings_hold_from_the_fork_on()
    {
        using var run = await TestRun.TrainAsync(s_spec);
        var fork = run.Beside("fork");
        await ForkAsync(run, 3, "fork", ("learning_rate", "0.0005"), ("max_steps", "12"), ("seed", "9"), ("method", "full"));
        await fork.FinishAsync();
        var (was, now) = (await run.HistoryAsync(), await fork.HistoryAsync());
        Assert.Equal(12, now.Count);
        Assert.Equal(was.Take(3), now.Take(3), (a, b) => a.Step == b.Step && a.Loss == b.Loss && a.Samples.SequenceEqual(b.Samples));
        Assert.Equal(TinyStories.Layers, now[3].ActiveLayers.Count);
        Assert.NotEqual(was[3].Samples, now[3].Samples);

        // Linear from 5e-4 at step 0 to nothing at step 12.
        Assert.Equal(5e-4 * 8 / 12, now[4].LearningRate, 1e-9);

        // What it was forked from is as it was.
        Assert.Equal(9, (await run.ManifestAsync()).Step);
    }

    [Fact]
    public async Task CreateAsync_given_setting_has_its_effect_whatever_the_origin_has_in_its_place()
    {
        using var run = await TestRun.ImportAsync(s_spec with { WarmupSteps = 4, KeepManifests = "last", SaveTotalLimit = 3 });
        var fork = run.Beside("fork");
        await ForkAsync(run, 0, "fork", ("num_train_epochs", "0.1"), ("warmup_ratio", "0.5"), ("keep_manifests", "base"));
        var spec = await RunFiles.ReadSpecAsync(run.Store, await fork.ManifestAsync(), Token);
        Assert.Equal((0L, "base"), (spec.WarmupSteps, spec.KeepManifests));
        Assert.Null(spec.MaxSteps);
        Assert.Null(spec.SaveTotalLimit);

        // Who gives both has said which one counts.
        Assert.Equal(5, (await ForkAsync(run, 0, "both", ("num_train_epochs", "0.1"), ("max_steps", "5"))).TotalSteps);

        // The same on resume, where no bit depends on it.
        var resumed = (await RunResumption.ReadAsync(run.Store, "test", Given.Of(("keep_manifests", "all")), Token)).Spec;
        Assert.Equal("all", resumed.KeepManifests);
        Assert.Null(resumed.SaveTotalLimit);

        // What the run has already is no change, as in a settings file beside which the run was begun with more.
        var asItWas = Given.Of(("keep_manifests", "last"), ("num_train_epochs", "1"), ("warmup_ratio", "0"));
        var same = (await RunResumption.ReadAsync(run.Store, "test", asItWas, Token)).Spec;
        Assert.Equal((3, 9L, 4L), (same.SaveTotalLimit, same.MaxSteps, same.WarmupSteps));
    }

    [Fact]
    public async Task CreateAsync_same_fork_again_is_the_fork_that_is_there_and_another_is_refused()
    {
        using var run = await TestRun.TrainAsync(s_spec);
        await ForkAsync(run, 3, "fork");
        Assert.False((await ForkAsync(run, 3, "fork")).IsNew);
        Assert.Equal("run_name", (await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => ForkAsync(run, 6, "fork"))).Setting);
        Assert.Equal("run_name", (await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => ForkAsync(run, 6, "test"))).Setting);
        var e = await Assert.ThrowsAsync<RunExistsException>(() => ForkAsync(run, 3, "fork", ("seed", "1")));
        Assert.Contains("seed: was 5, now 1", e.Differences);
    }

    [Theory]
    [InlineData("dtype", "bfloat16")]
    [InlineData("block_size", "32")]
    [InlineData("method", "lora")]
    [InlineData("method", "galore")]
    [InlineData("optim", "muon")]
    [InlineData("optimizer_state_dtype", "bfloat16")]
    [InlineData("lisa_strategy", "outlier")]
    [InlineData("max_steps", "3")]
    [InlineData("num_train_epochs", "1e300")]
    [InlineData("load_best_model_at_end", "true")]
    [InlineData("eval_steps", "2")]
    [InlineData("objective", "dpo")]
    [InlineData("mask_samples", "99999")]
    public async Task CreateAsync_setting_that_cannot_change_is_named(string setting, string value)
    {
        using var run = await TestRun.ImportAsync(s_spec);
        await run.ContinueAsync(pauseAt: 3);
        var e = await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => ForkAsync(run, 3, "fork", (setting, value)));
        Assert.Equal(setting, e.Setting);
        Assert.Null(await RunStore.ReadHeadAsync(run.Store, "fork", Token));
    }

    [Fact]
    public async Task CreateAsync_sample_that_was_learned_from_cannot_be_masked_any_more()
    {
        using var run = await TestRun.TrainAsync(s_spec);
        var steps = await run.HistoryAsync();
        var used = steps.Take(3).SelectMany(s => s.Samples).ToHashSet();
        var (early, late) = (steps[1].Samples[0], steps.Skip(3).SelectMany(s => s.Samples).First(s => !used.Contains(s)));
        var e = await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => ForkAsync(run, 3, "fork", ("mask_samples", $"{late},{early}")));
        Assert.Equal("mask_samples", e.Setting);
        Assert.Contains($"names sample {early}, which was learned from in step 2", e.Message, StringComparison.Ordinal);
        Assert.True((await ForkAsync(run, 3, "fork", ("mask_samples", $"{late},{late}"))).IsNew);
    }

    [Fact]
    public async Task CreateAsync_another_optimizer_from_step_0_is_as_begun_with_it()
    {
        using var run = await TestRun.TrainAsync(s_spec);
        var fork = run.Beside("fork");
        await ForkAsync(run, 0, "fork", ("optim", "muon"));
        await fork.FinishAsync();
        using var muon = await TestRun.TrainAsync(s_spec with { Optim = "muon" });
        Assert.Equal(await muon.WeightsShaAsync(), await fork.WeightsShaAsync());
    }

    [Fact]
    public async Task CreateAsync_end_of_a_run_is_a_fork_that_is_complete_and_cannot_go_on_otherwise()
    {
        using var run = await TestRun.TrainAsync(s_spec);
        var e = await Assert.ThrowsAsync<InvalidDataFileException>(() => ForkAsync(run, 9, "fork", ("max_steps", "20")));
        Assert.Contains("test@9: is the end of its run", e.Message, StringComparison.Ordinal);
        await ForkAsync(run, 9, "fork");
        Assert.Equal(await run.WeightsShaAsync(), await run.Beside("fork").WeightsShaAsync());
    }

    // It was made by a build that did not key its random numbers by the run's step.
    [Fact]
    public async Task CreateAsync_fork_of_an_older_build_that_is_there_is_the_same()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(9) with { RunName = "origin" });
        Task<ForkedRun> Fork() => RunFork.CreateAsync(
            run.Store, ManifestAddress.At("origin", 0), "test",
            Given.Of(("optimizer_state_dtype", "bfloat16"), ("stochastic_rounding", "true")), Token);
        Assert.True((await Fork()).IsNew);
        await TamperedRun.ChangeAsync(run.Beside("test"), onlyLater: false, (manifest, spec) => (manifest, spec with { RandomKeysByStep = false }));
        Assert.False((await Fork()).IsNew);
    }

    [Fact]
    public async Task CreateAsync_pairs_whose_reference_would_depend_on_their_neighbours_are_refused()
    {
        using var folder = new TempFolder();
        foreach (var file in Directory.GetFiles(TinyStories.Model)) File.Copy(file, folder[Path.GetFileName(file)]);
        var json = JsonNode.Parse(await File.ReadAllTextAsync(folder["config.json"], Token))!;
        (json["max_position_embeddings"], json["rope_scaling"]) = (64, new JsonObject { ["type"] = "dynamic", ["factor"] = 4 });
        await File.WriteAllTextAsync(folder["config.json"], json.ToJsonString(), Token);
        var spec = TinyStories.Spec(3) with { Objective = "orpo", BlockSize = 128, KeepManifests = "all" };
        using var run = await TestRun.ImportAsync(TinyStories.Request(spec, folder.Root) with { DataFile = TinyStories.Pairs });
        var e = await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => ForkAsync(run, 0, "fork", ("objective", "dpo")));
        Assert.StartsWith("block_size is 128", e.Message, StringComparison.Ordinal);
        Assert.True((await ForkAsync(run, 0, "fork")).IsNew);
    }

    [Fact]
    public async Task Fork_asked_of_the_cluster_is_made_and_told_as_here()
    {
        using var run = await TestRun.TrainAsync(s_spec);
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = run.Store }, Token);
        var fork = silo.Grains.GetGrain<IRunImportGrain>("fork");
        var rate = new Dictionary<string, string> { ["learning_rate"] = "0.0005" };
        Assert.Equal(new ForkedRun("fork", "test@3", 3, 9, IsNew: true), await fork.Fork("test@3", rate, Token));
        var history = await silo.Grains.GetGrain<IRunImportGrain>("test").GetHistory(Token);
        Assert.Equal([(0, false), (3, false), (6, false), (9, true)], history.Select(h => (h.Step, h.IsLast)));
        Assert.Equal([3L], (await fork.GetHistory(Token)).Select(h => h.Step));

        var other = silo.Grains.GetGrain<IRunImportGrain>("other");
        Assert.Empty(await other.GetHistory(Token));
        var gone = await Assert.ThrowsAsync<InvalidTrainingInputException>(() => other.Fork("test@4", rate, Token));
        Assert.Contains("it keeps those of steps 0, 3, 6, 9", gone.Message, StringComparison.Ordinal);
        var twice = new Dictionary<string, string> { ["learning_rate"] = "0.1", ["lr"] = "0.2" };
        Assert.Equal("lr", (await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => other.Fork("test@3", twice, Token))).Setting);
        foreach (var name in (string[])["no_such", "train_on_prompt"])
        {
            var wrong = new Dictionary<string, string> { [name] = "true" };
            Assert.Equal(name, (await Assert.ThrowsAsync<InvalidTrainingSettingException>(() => other.Fork("test@3", wrong, Token))).Setting);
        }
    }

    private static Task<ForkedRun> ForkAsync(TestRun run, long step, string name, params (string Setting, string Value)[] settings) =>
        RunFork.CreateAsync(run.Store, ManifestAddress.At("test", step), name, Given.Of(settings), Token);

    private static async Task<long> BlobBytes(TestRun run)
    {
        var bytes = 0L;
        await foreach (var blob in run.Store.ListAsync(Token)) bytes += blob.Length;
        return bytes;
    }
}
