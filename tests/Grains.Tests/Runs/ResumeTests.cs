using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>A run that was interrupted ends with the very bytes of one that was not.</summary>
public sealed class ResumeTests
{
    public static TheoryData<string> Variants => [.. s_variants.Keys];

    private static readonly Dictionary<string, TrainingSpec> s_variants = new()
    {
        ["float32"] = TinyStories.Spec(14),
        ["bfloat16"] = TinyStories.Spec(14) with { Dtype = "bfloat16" },
        ["bfloat16 with bfloat16 moments"] = TinyStories.Spec(14) with { Dtype = "bfloat16", OptimizerStateDtype = "bfloat16" },
        ["float16"] = TinyStories.Spec(14) with { Dtype = "float16" },
        ["full"] = TinyStories.FullSpec(14) with { WeightDecay = 0.1, LrSchedulerType = "cosine" },
        ["packed and accumulated"] = TinyStories.Spec(14) with { Packing = true, GradientAccumulationSteps = 3, PerDeviceTrainBatchSize = 2 },
        ["ends frozen"] = TinyStories.Spec(14) with { TrainEmbeddings = false, LisaStrategy = "round-robin", LisaIntervalSteps = 1 },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Pause_resumed_on_new_silos_ends_with_the_same_bytes(string variant)
    {
        var spec = s_variants[variant];
        using var straight = await TestRun.TrainAsync(spec);
        using var broken = await TestRun.ImportAsync(spec);

        // Within a period, at its end, right after a manifest, and wherever the pause then falls.
        foreach (var step in (long[])[1, 4, 9])
        {
            var ended = await broken.ContinueAsync(pauseAt: step);
            Assert.Equal(RunState.Paused, ended.State);
            Assert.InRange(ended.Step, step, 13);
            Assert.Equal(ended.Step, (await broken.HistoryAsync()).Count);
        }

        await broken.FinishAsync();
        Assert.Equal(Told(await straight.HistoryAsync()), Told(await broken.HistoryAsync()));
        Assert.Equal(await straight.WeightsShaAsync(), await broken.WeightsShaAsync());
    }

    [Fact]
    public async Task Start_of_a_run_that_was_imported_anew_while_it_trains_goes_on_with_what_it_has_become()
    {
        var spec = TinyStories.Spec(100_000) with { SaveSteps = 1000 };
        using var run = await TestRun.ImportAsync(spec);
        var seen = new List<TrainingEvent>();
        var ended = await run.ContinueAsync(seen: seen, during: async grain =>
        {
            await Until.True(async () => (await grain.GetStatus()).Step >= 3);
            await RunImporter.ImportAsync(run.Store, TinyStories.Request(spec with { SaveSteps = 2 }), null, TestContext.Current.CancellationToken);
            await grain.Start();
            await Until.True(async () => (await run.ManifestAsync()).Step >= 4);
            await grain.Pause();
        });
        Assert.Equal(RunState.Paused, ended.State);
        Assert.Equal(2, (await RunFiles.ReadSpecAsync(run.Store, await run.ManifestAsync(), TestContext.Current.CancellationToken)).SaveSteps);
        Assert.Equal(2, seen.OfType<RunStarted>().Count());
        Assert.Equal(Enumerable.Range(1, (int)ended.Step).Select(s => (long)s), (await run.HistoryAsync()).Select(s => s.Step));
    }

    // Layers that have not trained yet have the very weights of the run before, and were made by its settings.
    [Fact]
    public async Task Start_of_a_run_that_was_overwritten_while_it_trains_trains_by_its_new_settings()
    {
        var spec = TinyStories.Spec(100_000) with { SaveSteps = 1000, LisaActivatedLayers = 1, LisaIntervalSteps = 1000 };
        var other = spec with { MaxSteps = 6, LisaIntervalSteps = 1, LearningRate = 1e-3, AdamBeta2 = 0.5, WeightDecay = 0.5 };
        using var fresh = await TestRun.TrainAsync(other);
        using var run = await TestRun.ImportAsync(spec);
        var ended = await run.ContinueAsync(during: async grain =>
        {
            await Until.True(async () => (await grain.GetStatus()).Step >= 3);
            await RunImporter.ImportAsync(
                run.Store, TinyStories.Request(other) with { Overwrite = true }, null, TestContext.Current.CancellationToken);
            await grain.Start();
        });
        Assert.Equal(RunState.Succeeded, ended.State);
        Assert.Equal(Told(await fresh.HistoryAsync()), Told(await run.HistoryAsync()));
        Assert.Equal(await fresh.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    [Fact]
    public async Task GradientCheckpointing_with_other_save_steps_changes_no_bit()
    {
        using var plain = await TestRun.TrainAsync(TinyStories.Spec(7));
        using var other = await TestRun.TrainAsync(TinyStories.Spec(7) with { GradientCheckpointing = true, SaveSteps = 0 });
        Assert.Equal(Told(await plain.HistoryAsync()), Told(await other.HistoryAsync()));
        Assert.Equal(await plain.WeightsShaAsync(), await other.WeightsShaAsync());
    }

    [Fact]
    public async Task Seed_another_one_gives_other_bytes()
    {
        using var first = await TestRun.TrainAsync(TinyStories.Spec(2));
        using var second = await TestRun.TrainAsync(TinyStories.Spec(2) with { Seed = 6 });
        Assert.NotEqual(await first.WeightsShaAsync(), await second.WeightsShaAsync());
    }

    // All but the time that a step took.
    private static IEnumerable<string> Told(IReadOnlyList<StepRecord> history) =>
        history.Select(s => System.Text.Json.JsonSerializer.Serialize(s with { Seconds = 0, Time = default }));
}
