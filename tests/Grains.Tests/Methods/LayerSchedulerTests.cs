using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>The scheduler of a run knows what trained, what trains and what will, whoever asks and however often it is lost.</summary>
public sealed class LayerSchedulerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("uniform")]
    [InlineData("weighted")]
    [InlineData("gradient-norm")]
    [InlineData("outlier")]
    public async Task GetSchedule_paused_run_agrees_with_its_history_and_foretells_the_rest(string strategy)
    {
        var spec = TinyStories.Spec(12) with { LisaStrategy = strategy, LisaIntervalSteps = 2 };
        using var run = await TestRun.ImportAsync(spec);
        var ended = await run.ContinueAsync(pauseAt: 5);
        LayerSchedule schedule;
        await using (var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = run.Store }, Token))
            schedule = (await Scheduler(silo).GetSchedule(10, 3, Token))!;
        var history = await run.HistoryAsync();
        Assert.Equal(ended.Step, schedule.Step);
        Assert.All(schedule.Past, p => Assert.Equal(history[(int)p.FirstStep - 1].ActiveLayers, p.Layers));
        Assert.Equal(history.SelectMany(r => r.ActiveLayers).Count(), schedule.Layers.Sum(l => l.Steps));
        foreach (var layer in schedule.Layers.Where(l => l.Steps > 0))
        {
            var norms = history.SelectMany(r => r.ActiveLayers.Zip(r.LayerGradNorms))
                .Where(p => p.First == layer.Layer).Select(p => p.Second).ToArray();
            Assert.Equal(norms.Average(), layer.MeanGradNorm!.Value, 1e-9);
        }

        await run.FinishAsync();
        history = await run.HistoryAsync();
        foreach (var period in schedule.Coming.Append(schedule.Now!).Where(p => p.FirstStep <= 12))
            Assert.Equal(history[(int)period.LastStep! - 1].ActiveLayers, period.Layers);
    }

    [Theory]
    [InlineData("weighted")]
    [InlineData("gradient-norm")]
    [InlineData("outlier")]
    public async Task Sampler_run_paused_everywhere_ends_with_the_bytes_of_one_that_was_not(string strategy)
    {
        var spec = TinyStories.Spec(12) with { LisaStrategy = strategy, LisaIntervalSteps = 2, LisaActivatedLayers = 1, SaveSteps = 5 };
        using var straight = await TestRun.TrainAsync(spec);
        using var broken = await TestRun.ImportAsync(spec);
        foreach (var step in (long[])[1, 4, 7, 8]) await broken.ContinueAsync(pauseAt: step);
        await broken.FinishAsync();
        Assert.Equal((await straight.HistoryAsync()).Select(Layers), (await broken.HistoryAsync()).Select(Layers));
        Assert.Equal(await straight.WeightsShaAsync(), await broken.WeightsShaAsync());

        static string Layers(StepRecord r) => $"{r.Step} {string.Join(',', r.ActiveLayers)} {r.Loss:R} {string.Join(',', r.LayerGradNorms)}";
    }

    [Fact]
    public async Task LayerGradNorms_layers_that_train_make_up_the_global_norm()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(4) with { TrainEmbeddings = false, MaxGradNorm = 0 });
        foreach (var record in await run.HistoryAsync())
            Assert.Equal(record.GradNorm, Math.Sqrt(record.LayerGradNorms.Sum(n => n * n)), 1e-9);
    }

    [Fact]
    public async Task BeginPeriod_lost_scheduler_learns_what_it_missed_from_the_store_and_the_run()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(12) with { LisaIntervalSteps = 2 });
        await run.ContinueAsync(pauseAt: 5);
        var head = (await RunStore.ReadHeadAsync(run.Store, "test", Token))!;
        var step = head.Step;
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = run.Store }, Token);
        var scheduler = Scheduler(silo);
        var history = await run.HistoryAsync();
        var later = Enumerable.Range(1, 4).Select(i => history[^1] with { Step = step + i }).ToArray();

        // Given steps with a gap before them it answers how far it knows; given all of them it goes on.
        var answer = await scheduler.BeginPeriod(
            head.Generation, Methods.PeriodOf(TinyStories.Spec(1) with { LisaIntervalSteps = 2 }, step + 1), later[2..], Token);
        Assert.Equal(step, answer.Step);
        answer = await scheduler.BeginPeriod(head.Generation, 20, later, Token);
        Assert.Equal(step + 4, answer.Step);
        Assert.Equal(step + 4, (await scheduler.GetSchedule(1, 1, Token))!.Step);
        await Assert.ThrowsAsync<StaleGenerationCallException>(() => scheduler.BeginPeriod(head.Generation - 1, 0, [], Token));
        Assert.Null(await silo.Grains.GetGrain<ILayerSchedulerGrain>("nobody").GetSchedule(1, 1, Token));
    }

    private static ILayerSchedulerGrain Scheduler(EmbeddedSilo silo) => silo.Grains.GetGrain<ILayerSchedulerGrain>("test");
}
