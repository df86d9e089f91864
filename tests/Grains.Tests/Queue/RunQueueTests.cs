using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Several runs on one silo.</summary>
public sealed class RunQueueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_more_runs_than_a_silo_takes_wait_and_the_higher_priority_goes_first()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder["store"]);
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store }, Token);
        string[] first = ["a", "b", "c", "d"];
        foreach (var name in first) await (await ImportAsync(silo, store, Spec(name, 100_000))).Start();
        foreach (var name in first) await Until.True(async () => (await Run(silo, name).GetStatus()).State == RunState.Running);

        await (await ImportAsync(silo, store, Spec("low", 2))).Start();
        await Until.True(async () => (await Run(silo, "low").GetStatus()).QueuePosition == 1);
        await (await ImportAsync(silo, store, Spec("high", 2) with { Priority = 5 })).Start();
        await Until.True(async () => (await Run(silo, "low").GetStatus()).QueuePosition == 2);
        var high = await Run(silo, "high").GetStatus();
        Assert.Equal((RunState.Queued, 1, 5), (high.State, high.QueuePosition, high.Priority));

        // One that is handed over to another silo still waits.
        await (await ImportAsync(silo, store, Spec("unwanted", 2))).Start();
        await Until.True(async () => (await Run(silo, "unwanted").GetStatus()).QueuePosition == 3);
        await Run(silo, "unwanted").HandOver();
        Assert.Equal(RunHeadStates.Waiting, (await RunStore.ReadHeadAsync(store, "unwanted", Token))!.State);
        Assert.Equal(RunState.Queued, (await Run(silo, "unwanted").GetStatus()).State);

        // A waiting run can be cancelled; the others do not notice.
        await Run(silo, "unwanted").Start();
        await Run(silo, "unwanted").Cancel();
        Assert.Equal(RunState.Cancelled, (await Run(silo, "unwanted").GetStatus()).State);

        await Run(silo, "a").Cancel();
        var ends = await Task.WhenAll(EndAsync(silo, "high"), EndAsync(silo, "low"));
        Assert.All(ends, e => Assert.Equal(RunState.Succeeded, e.Ended.State));
        Assert.True(ends[0].Started < ends[1].Started, "the higher priority began first");
        foreach (var name in first[1..]) await Run(silo, name).Cancel();
    }

    [Fact]
    public async Task Start_failing_run_does_not_harm_others()
    {
        var spec = Spec("good", 12);
        using var alone = await TestRun.TrainAsync(spec);
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder["store"]);
        await using (var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store }, Token))
        {
            var bad = await ImportAsync(silo, store, Spec("bad", 50) with { LearningRate = 10, MaxGradNorm = 0 });
            var good = await ImportAsync(silo, store, spec);
            await Task.WhenAll(bad.Start(), good.Start());
            var ends = await Task.WhenAll(EndAsync(silo, "bad"), EndAsync(silo, "good"));
            Assert.Equal(RunState.Failed, ends[0].Ended.State);
            Assert.Contains("learning_rate", ends[0].Ended.Error, StringComparison.Ordinal);
            Assert.Equal(RunState.Succeeded, ends[1].Ended.State);
        }

        await RunExporter.ExportAsync(store, "good", folder["out"], Token);
        Assert.Equal(
            await alone.WeightsAsync(), TestRun.ReadWeights(folder["out"]));
    }

    [Fact]
    public void Check_run_that_cannot_fit_is_refused_with_the_numbers()
    {
        var spec = TinyStories.Spec(1);
        Assert.Null(RunCapacity.Check(spec, TinyStories.Config, [new TrainingSilo("a", 0, 1)]));
        Assert.Null(RunCapacity.Check(spec, TinyStories.Config, [new TrainingSilo("a", 2_000_000_000, 1)]));
        Assert.Null(RunCapacity.Check(spec, TinyStories.Config, []));
        var problem = RunCapacity.Check(spec, TinyStories.Config, [new TrainingSilo("a", 1_000_000, 1), new TrainingSilo("b", 2_000_000, 1)]);
        Assert.Contains("0.001 GB + 0.002 GB", problem, StringComparison.Ordinal);
        Assert.Matches(@"needs 0\.\d+ GB \(weights 0\.\d+ GB, gradients 0\.\d+ GB, optimizer state 0\.\d+ GB, activations 0\.\d+ GB\)", problem);
    }

    private static TrainingSpec Spec(string name, long steps) => TinyStories.Spec(steps) with { RunName = name };

    private static IRunGrain Run(EmbeddedSilo silo, string name) => silo.Grains.GetGrain<IRunGrain>(name);

    private static async Task<IRunGrain> ImportAsync(EmbeddedSilo silo, FolderBlobStore store, TrainingSpec spec)
    {
        await RunImporter.ImportAsync(store, TinyStories.Request(spec), null, Token);
        return Run(silo, spec.RunName);
    }

    private static async Task<(RunEnded Ended, DateTimeOffset Started)> EndAsync(EmbeddedSilo silo, string name)
    {
        (RunEnded? Ended, DateTimeOffset Started) seen = default;
        await foreach (var happened in Run(silo, name).Watch(EventPosition.Start, Token))
        {
            if (happened is RunStarted) seen.Started = happened.Time;
            if (happened is RunEnded ended) seen.Ended = ended;
        }

        return (seen.Ended!, seen.Started);
    }
}
