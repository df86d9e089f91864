using System.Diagnostics;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;

namespace LisaOrleans.Grains.Tests;

/// <summary>A run told to stop in the middle of something long saves what is committed and waits for nothing else.</summary>
public sealed class StopNoticeTests
{
    // Spans are heard from all tests of this process.
    private const string Name = "noticed";

    // Samples of an evaluation, and micro-batches of a step, that take far longer than a call.
    private const int EvaluationSamples = 400;
    private const int MicroBatches = 60;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public async Task Pause_during_an_evaluation_saves_the_step_before_and_evaluates_on_resume(long step)
    {
        using var folder = new TempFolder();
        var spec = TinyStories.Spec(6) with { RunName = Name, EvalSteps = 4 };
        using var straight = await Evaluated(folder, spec);
        await straight.FinishAsync();
        using var run = await Evaluated(folder, spec);
        var seen = new List<TrainingEvent>();
        var evaluations = 0;
        var ended = await PauseAt(
            run, span => span.DisplayName == "evaluation" && Interlocked.Increment(ref evaluations) == (step == 4 ? 1 : 2), seen: seen);

        Assert.Equal((RunState.Paused, step), (ended.State, ended.Step));
        Assert.Equal(step, (await RunStore.ReadHeadAsync(run.Store, Name, Token))!.Step);
        Assert.Null((await run.HistoryAsync())[^1].EvalLoss);

        ended = await run.ContinueAsync(after: seen[^1].Position, seen: seen);
        Assert.Equal(RunState.Succeeded, ended.State);
        Assert.Equal(Losses(await straight.HistoryAsync()), Losses(await run.HistoryAsync()));
        Assert.Equal(await straight.WeightsShaAsync(), await run.WeightsShaAsync());
        Assert.Equal(6, seen.OfType<StepCompleted>().Count());
        Assert.Equal(
            [(step, (await straight.HistoryAsync())[(int)step - 1].EvalLoss)],
            seen.OfType<StepEvaluated>().Select(e => (e.Step, (double?)e.EvalLoss)));
    }

    [Fact]
    public async Task Evaluation_made_up_for_twice_because_its_manifest_failed_is_told_once()
    {
        using var folder = new TempFolder();
        using var run = await Evaluated(folder, TinyStories.Spec(6) with { RunName = Name, EvalSteps = 4 });
        var seen = new List<TrainingEvent>();
        await PauseAt(run, span => span.DisplayName == "evaluation", seen: seen);
        var ended = await run.ContinueAsync(after: seen[^1].Position, seen: seen, through: new StoreWithoutManifest(run.Store, step: 6));

        Assert.Equal(RunState.Succeeded, ended.State);
        Assert.Equal(4, Assert.Single(seen.OfType<RunRecovering>()).ManifestStep);
        Assert.Equal(4, Assert.Single(seen.OfType<StepEvaluated>()).Step);
    }

    [Fact]
    public async Task Evaluation_broken_off_in_a_step_whose_manifest_failed_is_told_when_the_step_is_repeated()
    {
        using var folder = new TempFolder();
        using var run = await Evaluated(folder, TinyStories.Spec(6) with { RunName = Name, EvalSteps = 4 });
        await using var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions { Store = new StoreWithoutManifest(run.Store, step: 4) }, Token);
        var grain = silo.Grains.GetGrain<IRunGrain>(Name);
        var (seen, pausing) = (new List<TrainingEvent>(), Task.CompletedTask);
        using (Spans.Listen(started: span =>
        {
            if (IsOfRun(span) && span.DisplayName == "evaluation") pausing = Task.Run(grain.Pause);
        }))
        {
            await TrainAsync();
            await pausing;
        }

        await TrainAsync();
        Assert.Equal([(RunState.Paused, 3L), (RunState.Succeeded, 6L)], seen.OfType<RunEnded>().Select(e => (e.State, e.Step)));
        Assert.Null(seen.OfType<StepCompleted>().Single(s => s.Record.Step == 4).Record.EvalLoss);
        Assert.Equal((await run.HistoryAsync())[3].EvalLoss, Assert.Single(seen.OfType<StepEvaluated>()).EvalLoss);

        async Task TrainAsync()
        {
            await grain.Start();
            await foreach (var happened in grain.Watch(seen.LastOrDefault()?.Position ?? EventPosition.Start, Token)) seen.Add(happened);
        }
    }

    [Fact]
    public async Task Pause_in_a_long_step_saves_the_steps_before_and_repeats_that_one()
    {
        var spec = TinyStories.Spec(3) with
        {
            RunName = Name,
            PerDeviceTrainBatchSize = 1,
            BlockSize = 32,
            SaveSteps = 0,
            GradientAccumulationSteps = MicroBatches,
            LisaIntervalSteps = 1,
        };
        using var straight = await TestRun.TrainAsync(spec);
        using var run = await TestRun.ImportAsync(spec);
        var steps = 0;
        var ended = await PauseAt(
            run, span => span.DisplayName == "walk" && Interlocked.Increment(ref steps) == 2, new RunOptions { StepPatience = TimeSpan.Zero });

        Assert.Equal((RunState.Paused, 1L), (ended.State, ended.Step));
        Assert.Equal(1, (await RunStore.ReadHeadAsync(run.Store, Name, Token))!.Step);
        await run.FinishAsync();
        Assert.Equal(Losses(await straight.HistoryAsync()), Losses(await run.HistoryAsync()));
        Assert.Equal(await straight.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    [Fact]
    public async Task Pause_while_the_parts_are_loaded_does_not_wait_for_them()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(3));
        var store = await HeldStore.OfLayerAsync(run, 2);
        var ended = await run.ContinueAsync(through: store, during: async grain =>
        {
            await store.Asked;
            await grain.Pause();
        });

        Assert.Equal((RunState.Paused, 0L), (ended.State, ended.Step));
        await run.FinishAsync();
        using var straight = await TestRun.TrainAsync(TinyStories.Spec(3));
        Assert.Equal(await straight.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    private static async Task<TestRun> Evaluated(TempFolder folder, TrainingSpec spec)
    {
        var file = folder["evaluation.jsonl"];
        if (!File.Exists(file))
        {
            var lines = await File.ReadAllLinesAsync(TinyStories.Data, Token);
            await File.WriteAllLinesAsync(file, Enumerable.Range(0, EvaluationSamples).Select(i => lines[i % lines.Length]), Token);
        }

        return await TestRun.ImportAsync(spec, evalFile: file);
    }

    private static async Task<RunEnded> PauseAt(
        TestRun run, Func<Activity, bool> here, RunOptions? options = null, List<TrainingEvent>? seen = null)
    {
        IRunGrain? grain = null;
        var pausing = Task.CompletedTask;
        using var spans = Spans.Listen(started: span =>
        {
            if (IsOfRun(span) && here(span)) pausing = Task.Run(() => grain!.Pause());
        });
        var ended = await run.ContinueAsync(
            during: g =>
            {
                grain = g;
                return Task.CompletedTask;
            },
            seen: seen, options: options);
        await pausing;
        return ended;
    }

    private static bool IsOfRun(Activity span) => Equals(span.Parent?.GetTagItem("lisa.run"), Name);

    private static IEnumerable<(long Step, double Loss, double? EvalLoss)> Losses(IReadOnlyList<StepRecord> history) =>
        history.Select(r => (r.Step, r.Loss, r.EvalLoss));

    /// <summary>A store that refuses a run's manifest of one step once.</summary>
    private sealed class StoreWithoutManifest(IBlobStore inner, long step) : DelegatingBlobStore(inner)
    {
        private int _refused;

        public override Task<string> PutDocumentAsync(
            string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
            path.EndsWith("/head.json", StringComparison.Ordinal) && JsonSerializer.Deserialize<RunHead>(content.Span)!.Step == step
            && Interlocked.Exchange(ref _refused, 1) == 0
                ? throw new IOException("the store breaks")
                : base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
    }
}
