using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Forks that forget samples; <c>lisa forget</c> as a process is tested with the other commands.</summary>
public sealed class RunForgettingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BeginAsync_again_finds_the_fork_though_its_origin_is_not_kept_any_more()
    {
        var request = TinyStories.Request(TinyStories.Spec(9) with { KeepManifests = "all" });
        using var run = await TestRun.ImportAsync(request);
        await run.ContinueAsync(options: new RunOptions { LastStep = 6 });
        int[] late = [.. NewIn(await run.HistoryAsync(), 5)];
        var first = await BeginAsync(run, late[..2]);
        Assert.Equal((5L, "test@3"), (first.FirstUse, $"{first.From}"));
        await RunImporter.ImportAsync(run.Store, request with { Spec = request.Spec with { KeepManifests = "last" } }, null, Token);
        await run.FinishAsync();
        Assert.Equal([9L], (await RunManifests.FindAsync(run.Store, "test", Token))!.Steps);

        var again = await BeginAsync(run, [late[1], late[0], late[1]]);
        Assert.Equal((first.FirstUse, first.From, null), (again.FirstUse, again.From, again.FromManifest));
        var other = await Assert.ThrowsAsync<RunExistsException>(() => BeginAsync(run, late[..1]));
        Assert.StartsWith("mask_samples: was [", Assert.Single(other.Differences), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BeginAsync_fork_with_another_setting_is_not_the_one_that_forgets()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(6) with { KeepManifests = "all" });
        var late = NewIn(await run.HistoryAsync(), 5).First();
        var given = new GivenSettings();
        given.Set(RunSettings.Table.Of(nameof(TrainingSpec.MaskSamples)), (int[])[late]);
        given.Set(RunSettings.Table.Of(nameof(TrainingSpec.LearningRate)), 0.5);
        await RunFork.CreateAsync(run.Store, ManifestAddress.At("test", 3), "without", given, Token);
        var other = await Assert.ThrowsAsync<RunExistsException>(() => BeginAsync(run, [late]));
        Assert.StartsWith("learning_rate: was 0.5", Assert.Single(other.Differences), StringComparison.Ordinal);
    }

    // As many as one, a batch and most of those that the later steps learned from.
    [Fact]
    public async Task BeginAsync_one_ten_and_a_hundred_samples_are_forgotten_as_if_they_had_been_masked_from_the_start()
    {
        var spec = TinyStories.Spec(8) with { PerDeviceTrainBatchSize = 10, GradientAccumulationSteps = 2, SaveSteps = 2, KeepManifests = "all" };
        using var run = await TestRun.TrainAsync(spec);
        int[] late = [.. NewIn(await run.HistoryAsync(), 3, 8)];
        Assert.Equal(120, late.Length);
        var shas = new HashSet<string> { await run.WeightsShaAsync() };
        foreach (var count in (int[])[1, 10, 100])
        {
            int[] samples = [.. late.TakeLast(count)];
            var forgetting = await RunForgetting.BeginAsync(run.Store, "test", samples, $"without-{count}", Token);
            Assert.Equal((forgetting.FirstUse - 1) / 2 * 2, forgetting.From.Step);
            var fork = run.Beside($"without-{count}");
            await fork.FinishAsync();
            using var masked = await TestRun.TrainAsync(spec with { MaskSamples = forgetting.Samples, KeepManifests = "last" });
            Assert.Equal(await masked.WeightsShaAsync(), await fork.WeightsShaAsync());
            Assert.True(shas.Add(await fork.WeightsShaAsync()));
            Assert.DoesNotContain((await fork.HistoryAsync()).SelectMany(r => r.Samples), samples.Contains);
        }
    }

    // What DPO compares with was scored before anything was forgotten.
    [Fact]
    public async Task BeginAsync_pairs_are_forgotten_as_if_they_had_been_masked_from_the_start()
    {
        var spec = TinyStories.Spec(6) with { Objective = "dpo", PerDeviceTrainBatchSize = 2, GradientAccumulationSteps = 4, KeepManifests = "all" };
        var request = TinyStories.Request(spec) with { DataFile = TinyStories.Pairs };
        using var run = await TestRun.ImportAsync(request);
        await run.FinishAsync();
        int[] late = [.. NewIn(await run.HistoryAsync(), 4, 6).Where(s => s / 2 % 2 == 0)];
        var forgetting = await BeginAsync(run, late);
        Assert.Equal(3, forgetting.From.Step);
        var fork = run.Beside("without");
        await fork.FinishAsync();

        using var masked = await TestRun.ImportAsync(request with { Spec = spec with { MaskSamples = forgetting.Samples } });
        await masked.FinishAsync();
        Assert.Equal((await masked.ManifestAsync()).ReferenceLogProbs, (await fork.ManifestAsync()).ReferenceLogProbs);
        Assert.Equal((await masked.HistoryAsync()).Select(r => r.Loss), (await fork.HistoryAsync()).Select(r => r.Loss));
        Assert.Equal(await masked.WeightsShaAsync(), await fork.WeightsShaAsync());
        Assert.NotEqual(await run.WeightsShaAsync(), await fork.WeightsShaAsync());
    }

    // Good samples make the run's last manifest the best. Without them it is that of step 4, which is not kept since.
    [Fact]
    public async Task BeginAsync_run_that_ends_with_its_best_goes_back_to_where_the_best_until_then_is_kept()
    {
        const int Steps = 10, LastGood = 3, Kept = 6;
        var plain = TinyStories.Spec(Steps) with { LearningRate = 5e-3, LrSchedulerType = "constant" };
        var spec = plain with { SaveSteps = 1, EvalSteps = 1, LoadBestModelAtEnd = true, KeepManifests = $"every:{Kept}" };
        using var folder = new TempFolder();
        using var unchanged = await TestRun.TrainAsync(plain);
        var used = await unchanged.HistoryAsync();
        int[] late = [.. used.Where(r => r.Step > Kept).SelectMany(r => r.Samples.Take(3))];
        var good = used.Where(r => r.Step <= LastGood).SelectMany(r => r.Samples).Concat(late).ToHashSet();
        const string Bad = """{"prompt":"zzzz","completion":" qqqq zzzz qqqq zzzz qqqq zzzz qqqq zzzz"}""";
        var lines = await File.ReadAllLinesAsync(TinyStories.Data, Token);
        await File.WriteAllLinesAsync(folder["data.jsonl"], lines.Select((line, i) => good.Contains(i) ? line : Bad), Token);

        var request = TinyStories.Request(spec) with { DataFile = folder["data.jsonl"], EvalDataFile = TinyStories.HeldOut };
        using var run = await TestRun.ImportAsync(request);
        await run.FinishAsync();
        Assert.Equal([0L, Kept, Steps], (await RunManifests.FindAsync(run.Store, "test", Token))!.Steps);
        var forgetting = await BeginAsync(run, late);
        Assert.Equal((Kept + 1, 0L), (forgetting.FirstUse, forgetting.From.Step));
        var fork = run.Beside("without");
        await fork.FinishAsync();

        using var masked = await TestRun.ImportAsync(request with { Spec = spec with { MaskSamples = forgetting.Samples } });
        await masked.FinishAsync();
        Assert.Equal(4, (await RunManifests.FindAsync(masked.Store, "test", Token))!.Kept.Single(k => k.IsBest).Step);
        Assert.Equal(await masked.WeightsShaAsync(), await fork.WeightsShaAsync());
    }

    private static Task<RunForgetting> BeginAsync(TestRun run, IReadOnlyList<int> samples) =>
        RunForgetting.BeginAsync(run.Store, "test", samples, "without", Token);

    // Samples that some steps were the first to learn from.
    private static IEnumerable<int> NewIn(IReadOnlyList<StepRecord> steps, long first, long? last = null)
    {
        var before = steps.Where(s => s.Step < first).SelectMany(s => s.Samples).ToHashSet();
        return steps.Where(s => s.Step >= first && s.Step <= (last ?? first)).SelectMany(s => s.Samples).Distinct().Where(s => !before.Contains(s));
    }
}
